"""Archives: packing files of a namespace, and unpacking what may have been made to do harm."""
