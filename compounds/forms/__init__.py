"""Input of the register's pages, a file per subject; import from the file itself."""
