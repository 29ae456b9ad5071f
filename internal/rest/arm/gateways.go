package arm

import (
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/secret"
)

// gatewayArea holds the registrations of gateways that run elsewhere.
func gatewayArea() area {
	const gateway = "/gateways/{gatewayId}"
	return area{
		resources: []*resource{
			plain(resource{pattern: gateway, noun: "Gateway", maxName: 80, fields: texts("region", "description")},
				func(_ *edit, p, old *catalog.GatewayRegistration) error {
					return catalog.CheckGatewayRegistration(p, old)
				}),
			plain(resource{pattern: gateway + "/hostnameConfigurations/{hcId}", noun: "Host name", maxName: 80, fields: texts("hostname"), noPatch: true},
				func(e *edit, p, _ *catalog.GatewayHostname) error {
					p.CertificateID = e.relative(p.CertificateID)
					return catalog.CheckGatewayHostname(e.ctx, e.records, p)
				}),
			plain(resource{pattern: gateway + "/certificateAuthorities/{certificateId}", noun: "Certificate authority", maxName: 80, fields: texts(), noPatch: true},
				func(e *edit, _, _ *catalog.GatewayAuthority) error {
					_, err := e.lookUp(e.ctx, catalog.CertificatePath(e.name), "Certificate")
					return err
				}),
		},
		links: []link{{pattern: gateway + "/apis/{apiId}", of: "apis", get: true}},
		routes: func(a *api) []rest.Route {
			type registration = catalog.GatewayRegistration
			type keys struct {
				Primary   string `json:"primary"`
				Secondary string `json:"secondary"`
			}
			return []rest.Route{
				a.route(http.MethodPost, gateway+"/listKeys", access.ReadCatalogKeys,
					reveal(a, "gateways", func(g *registration) any { return keys{g.Primary, g.Secondary} })),
				a.route(http.MethodPost, gateway+"/regenerateKey", access.WriteCatalog, alter(a, "gateways", regenerateGatewayKey)),
				a.route(http.MethodPost, gateway+"/generateToken", access.ReadCatalogKeys, a.gatewayToken),
			}
		},
	}
}

func regenerateGatewayKey(r *http.Request, g *catalog.GatewayRegistration) error {
	var body struct {
		KeyType string `json:"keyType"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	switch strings.ToLower(body.KeyType) {
	case access.PrimaryKey:
		g.Primary = secret.APIKey()
	case access.SecondaryKey:
		g.Secondary = secret.APIKey()
	default:
		return catalog.Incorrect().With(catalog.CodeValidation, "keyType", "%q is not a key: use %s or %s.", body.KeyType, access.PrimaryKey, access.SecondaryKey)
	}
	return nil
}

// gatewayToken makes the token with which a registered gateway shows who it is.
func (a *api) gatewayToken(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		KeyType string    `json:"keyType"`
		Expiry  time.Time `json:"expiry"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	rec, err := a.lookUp(r.Context(), recordPath("/gateways/{gatewayId}", r), "Gateway")
	if err != nil {
		return err
	}
	g, err := catalog.Open[catalog.GatewayRegistration](a.Keys, rec)
	if err != nil {
		return err
	}
	token, err := access.GatewayToken(g, record.Name(rec.Path), body.KeyType, body.Expiry)
	if err != nil {
		return err
	}
	return writeSecret(w, textValue{token})
}
