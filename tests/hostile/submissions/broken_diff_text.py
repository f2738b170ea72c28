"""Is a web page saved instead of the file."""

<!DOCTYPE html>
<html><body>404: Not Found</body></html>
