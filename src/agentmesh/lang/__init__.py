"""The workflow language: text in, typed values and problems out. Pure: no clock, disk, network."""
