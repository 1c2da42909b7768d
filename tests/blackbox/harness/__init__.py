"""Actors of the black-box cases: proxies, engines and clients, with bytes under control."""
