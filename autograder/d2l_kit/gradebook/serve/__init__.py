"""The gradebook live in a browser, on this machine alone: look, adjust, comment, excuse, decide.

guard    who may come in: token, session, Host, Origin, headers
fields   what people type into forms, checked
code     a student's source text, read anew from where the class lies
desk     what one request works with: the gradebook, opened for it alone
looks    pages that only look
acts     what a form changes, and what is said when it cannot be
app      addresses, and everything put together
server   the socket, the address that is printed, and the end
"""
