"""A small client of the Docker API, and what containers are asked to be."""
