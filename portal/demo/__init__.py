"""The demo district: invented compounds (marked 演示) in real communities, their people and two years of books."""
