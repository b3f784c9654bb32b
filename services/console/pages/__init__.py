"""A folder for each page: its routes, its view model and its templates."""
