package catalog

import (
	"context"
	"strings"

	"portico/internal/record"
	"portico/internal/secret"
)

// Gateways is the collection of gateways that run elsewhere and are registered here.
const Gateways = "/gateways"

// GatewayRegistration is GatewayContractProperties with the keys by which such a gateway is known.
type GatewayRegistration struct {
	Description  string        `json:"description,omitempty"`
	LocationData *LocationData `json:"locationData,omitempty"`
	Primary      string        `json:"primaryKey,omitempty"`
	Secondary    string        `json:"secondaryKey,omitempty"`
}

// LocationData says where a gateway stands.
type LocationData struct {
	Name            string `json:"name"`
	City            string `json:"city,omitempty"`
	District        string `json:"district,omitempty"`
	CountryOrRegion string `json:"countryOrRegion,omitempty"`
}

// Secrets are the keys.
func (g *GatewayRegistration) Secrets() map[string]*string {
	return map[string]*string{"primary": &g.Primary, "secondary": &g.Secondary}
}

// CheckGatewayRegistration checks a registration; old keeps its keys, a new one has them drawn.
func CheckGatewayRegistration(g, old *GatewayRegistration) error {
	bad := Incorrect()
	checkLength(bad, "description", g.Description, 0, maxDescription)
	if l := g.LocationData; l != nil {
		checkLength(bad, "locationData.name", l.Name, 1, MaxName)
		checkLength(bad, "locationData.city", l.City, 0, MaxName)
		checkLength(bad, "locationData.district", l.District, 0, MaxName)
		checkLength(bad, "locationData.countryOrRegion", l.CountryOrRegion, 0, MaxName)
	}
	g.Primary, g.Secondary = secret.APIKey(), secret.APIKey() // a client does not choose them
	if old != nil {
		g.Primary, g.Secondary = old.Primary, old.Secondary
	}
	return bad.OrNil()
}

// GatewayHostname is GatewayHostnameConfigurationContractProperties.
type GatewayHostname struct {
	Hostname                   string `json:"hostname"`
	CertificateID              string `json:"certificateId,omitempty"`
	NegotiateClientCertificate bool   `json:"negotiateClientCertificate"`
	TLS10Enabled               bool   `json:"tls10Enabled"`
	TLS11Enabled               bool   `json:"tls11Enabled"`
	HTTP2Enabled               bool   `json:"http2Enabled"`
}

// CheckGatewayHostname checks a host name of a gateway; its certificate must exist.
func CheckGatewayHostname(ctx context.Context, s record.Store, h *GatewayHostname) error {
	bad := Incorrect()
	checkLength(bad, "hostname", h.Hostname, 1, 253)
	if strings.ContainsAny(h.Hostname, "/:@?# \t\r\n") || strings.Contains(strings.TrimPrefix(h.Hostname, "*"), "*") {
		bad.With(CodeValidation, "hostname", "%q is not a host name such as api.example.com or *.example.com.", h.Hostname)
	}
	if h.CertificateID != "" {
		var err error
		if h.CertificateID, err = checkExists(ctx, s, bad, "certificateId", h.CertificateID, Certificates); err != nil {
			return err
		}
	}
	return bad.OrNil()
}

// GatewayAuthority is GatewayCertificateAuthorityContractProperties: whether a
// gateway trusts the authority whose certificate has its name.
type GatewayAuthority struct {
	IsTrusted bool `json:"isTrusted"`
}

// Caches is the collection of external caches.
const Caches = "/caches"

// Cache is CacheContractProperties.
type Cache struct {
	Description      string `json:"description,omitempty"`
	ConnectionString string `json:"connectionString,omitempty"`
	UseFromLocation  string `json:"useFromLocation"`
	ResourceID       string `json:"resourceId,omitempty"`
}

// Secrets has the connection string, which holds a password.
func (c *Cache) Secrets() map[string]*string {
	if namedValueReference(c.ConnectionString) {
		return nil
	}
	return map[string]*string{"connectionString": &c.ConnectionString}
}

// CheckCache completes a cache's defaults and checks it.
func CheckCache(c *Cache) error {
	bad := Incorrect()
	checkLength(bad, "description", c.Description, 0, 2000)
	checkLength(bad, "connectionString", c.ConnectionString, 1, 300)
	if c.UseFromLocation == "" {
		c.UseFromLocation = "default"
	}
	checkLength(bad, "useFromLocation", c.UseFromLocation, 1, MaxName)
	return bad.OrNil()
}
