"""The site's own pages, for its administrators."""
