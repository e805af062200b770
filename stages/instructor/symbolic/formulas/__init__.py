"""New numbers for problems whose question states a formula: read, solved in two ways, written anew with its work."""
