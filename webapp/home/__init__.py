"""The landing page, what is asked of somebody, and whether the house is well."""
