"""What would the system have prevented, and at what cost, over many scenarios that answer to it?"""
