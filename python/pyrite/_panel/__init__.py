"""Panels: pieces of a notebook's output that change while they are looked at, and the HTML that they are made of."""
