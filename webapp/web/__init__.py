"""What the faces share: who is signed in, forms, errors, limits, headers, pages of lists, and help for templates."""
