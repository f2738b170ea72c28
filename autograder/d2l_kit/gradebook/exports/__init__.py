"""A class's grades in the forms that schools' systems take in; `formats` lists them."""
