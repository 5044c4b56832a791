"""The core: values, wire, client and store. No Textual, no Rich here, ever."""
