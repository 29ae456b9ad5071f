package gateway

import (
	"strings"

	"portico/internal/policy"
)

// EchoHost is the host of the Echo API's backend, which is built in.
const EchoHost = "echoapi.cloudapp.net"

// Echo answers with the headers and body of the request: the backend of the
// Echo API that every instance has (apim.md 1.1).
type Echo struct{}

// Serve answers /api/resource and /api/resource-cached; see Local.
func (Echo) Serve(x *policy.Exchange) error {
	switch strings.ToLower(strings.TrimSuffix(x.Backend.Path, "/")) {
	case "/api/resource", "/api/resource-cached":
	default:
		x.Response.Status = 404
		return nil
	}
	for _, h := range x.Request.Headers {
		if !strings.EqualFold(h.Name, "Content-Length") && !strings.EqualFold(h.Name, "Host") {
			x.Response.Headers.Add(h.Name, h.Value)
		}
	}
	x.Response.Status = 200
	x.Response.Body = x.Request.Body
	return nil
}
