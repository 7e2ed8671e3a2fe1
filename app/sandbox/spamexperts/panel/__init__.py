"""The Control Panel API, and the REST of the vendor's mobile app (contract sheet, section 7)."""
