"""The routines as data, and the code that loads and checks data. Knows nothing of any other room."""
