package policy

// base stands for the same section of the next wider scope. Assemble puts that
// in its place, so it has no step of its own.
func base() Declaration {
	return Declaration{Form: Form{Name: "base"}, Sections: EverySection, Scopes: EveryScope}
}
