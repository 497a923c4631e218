"""The Flower app that Muster's round is measured beside."""
