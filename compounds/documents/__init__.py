"""What is shown, printed and exported of the register, as frozen view-models; import from the file itself."""
