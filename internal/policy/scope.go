package policy

// Scope is where a document applies; several are a set. Documents nest from
// Global, the widest, to Operation.
type Scope uint8

// The scopes, from wide to narrow (apim.md 3.1).
const (
	Global Scope = 1 << iota
	Product
	API
	Operation
	EveryScope = Global | Product | API | Operation

	// AnyScope checks a document that may be stored at any scope.
	AnyScope = EveryScope
)

// String is the scope's name in errors.
func (s Scope) String() string {
	return list(s, []Scope{Global, Product, API, Operation}, []string{"global", "product", "api", "operation"})
}

// Section is a part of a document; several are a set.
type Section uint8

// The sections, in the order in which they run; OnError runs instead of what is left.
const (
	Inbound Section = 1 << iota
	Backend
	Outbound
	OnError
	EverySection = Inbound | Backend | Outbound | OnError
)

var sections = []Section{Inbound, Backend, Outbound, OnError}

var sectionNames = []string{"inbound", "backend", "outbound", "on-error"}

// String is the section's element name.
func (s Section) String() string { return list(s, sections, sectionNames) }

// sectionOf is the section of an element name, or 0.
func sectionOf(name string) Section {
	for i, n := range sectionNames {
		if n == name {
			return sections[i]
		}
	}
	return 0
}

func list[S ~uint8](set S, each []S, names []string) string {
	out := ""
	for i, one := range each {
		if set&one == 0 {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += names[i]
	}
	return out
}
