"""The models the engines run: the manifest, and the store on disk."""
