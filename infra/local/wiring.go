package main

import "convoc/infra/wiring"

// patterns are the routes that the wiring table gives to a function.
func patterns(name string) []string { return wiring.Named(name).Routes }
