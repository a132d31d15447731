"""Does csatlib keep its statistical promises? Thousands of samples from known populations."""
