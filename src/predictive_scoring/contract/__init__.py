"""What goes in: the canonical tables, the source file that maps onto them, and the rules that rows must keep."""
