"""The workbench in the browser: the same values with people, permissions, forms and pictures. Only here is Django."""
