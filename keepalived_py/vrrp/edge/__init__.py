"""The edge of the VRRP room: everything that touches the machine it runs on.

It carries out effects and reports events, and decides nothing.
"""
