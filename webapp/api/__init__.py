"""The API's shell: its document and its docs page. The endpoints themselves are the features'."""
