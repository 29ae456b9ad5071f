package csharp

import (
	"strconv"
	"strings"
	"sync"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/crypto"
	"portico/internal/policy/csharp/host"
	"portico/internal/policy/csharp/json"
	"portico/internal/policy/csharp/value"
	"portico/internal/policy/csharp/xml"
)

// Library gives the types and members that expressions may use. It is built at
// the first call and never changes.
var Library = sync.OnceValues(buildLibrary)

func buildLibrary() (*value.Library, error) {
	l := value.NewLibrary()
	bcl.Declare(l)
	collections.Declare(l)
	json.Declare(l)
	xml.Declare(l)
	crypto.Declare(l)
	host.Declare(l)
	return l, l.Freeze()
}

func parseInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return n, err == nil
}
