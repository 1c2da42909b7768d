"""The suite with a real engine: how it is got, the model it serves, the cases."""
