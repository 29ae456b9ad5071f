package arm

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// entityArea holds what policies and APIs name: values, backends, certificates,
// version sets, loggers, diagnostics, caches and schemas.
func entityArea() area {
	return area{
		resources: []*resource{
			namedValueResource(), backendResource(), certificateResource(), versionSetResource(), loggerResource(), cacheResource(),
			diagnosticResource("/diagnostics/{diagnosticId}"), diagnosticResource("/apis/{apiId}/diagnostics/{diagnosticId}"),
			schemaResource(), globalSchemaResource(),
		},
		routes: func(a *api) []rest.Route {
			return []rest.Route{
				a.route(http.MethodPost, "/backends/{backendId}/reconnect", access.WriteCatalog, a.reconnect),
				a.route(http.MethodPost, "/namedValues/{namedValueId}/listValue", access.ReadCatalogKeys,
					reveal(a, "namedvalues", func(n *catalog.NamedValue) any { return textValue{n.Value} })),
			}
		},
	}
}

// reconnect has new connections made to a backend, at once, whatever time the request gives.
func (a *api) reconnect(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if _, err := a.lookUp(r.Context(), recordPath("/backends/{backendId}", r), "Backend"); err != nil {
		return err
	}
	a.Reconnect()
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// reveal answers with the secrets of one resource.
func reveal[P any](a *api, kind string, secrets func(*P) any) rest.Handler {
	res := a.kinds[kind]
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		rec, err := a.lookUp(r.Context(), recordPath(res.pattern, r), res.noun)
		if err != nil {
			return err
		}
		p, err := catalog.Open[P](a.Keys, rec)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", quote(rec.ETag))
		return writeSecret(w, secrets(p))
	}
}

// alter changes one resource by what a request asks for, and answers 204.
func alter[P any](a *api, kind string, change func(r *http.Request, p *P) error) rest.Handler {
	res := a.kinds[kind]
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
			rec, unwritten, err := a.find(r.Context(), recordPath(res.pattern, r))
			if err != nil {
				rec, err = a.lookUp(r.Context(), recordPath(res.pattern, r), res.noun)
			}
			if err != nil {
				return nil, err
			}
			p, err := catalog.Open[P](a.Keys, rec)
			if err != nil {
				return nil, err
			}
			if err := change(r, p); err != nil {
				return nil, err
			}
			match := rec.ETag
			if unwritten {
				match = "-"
			}
			return []record.Change{catalog.Seal(a.Keys, rec.Path, p, match)}, nil
		})
		if err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

func namedValueResource() *resource {
	fields := texts("displayName", "value")
	fields["secret"] = odata.Bool
	return plain(resource{
		pattern: "/namedValues/{namedValueId}", noun: "Named value", maxName: catalog.MaxName, fields: fields,
		provisioned: true,
		remove: func(e *edit) ([]record.Change, error) {
			n, err := catalog.Show[catalog.NamedValue](e.Keys, *e.current)
			if err != nil {
				return nil, err
			}
			return nil, catalog.CheckNamedValueIsFree(e.ctx, e.records, n)
		},
	}, func(e *edit, p, old *catalog.NamedValue) error {
		return catalog.CheckNamedValue(e.ctx, e.records, e.name, p, old)
	})
}

func backendResource() *resource {
	return plain(resource{
		pattern: "/backends/{backendId}", noun: "Backend", maxName: 80, fields: texts("title", "url", "protocol", "type"),
		remove: func(e *edit) ([]record.Change, error) {
			return nil, catalog.CheckBackendIsFree(e.ctx, e.records, e.name)
		},
	}, func(e *edit, p, _ *catalog.Backend) error {
		if p.Pool != nil {
			for i := range p.Pool.Services {
				p.Pool.Services[i].ID = e.relative(p.Pool.Services[i].ID)
			}
		}
		if p.Credentials != nil {
			for i, id := range p.Credentials.CertificateIDs {
				p.Credentials.CertificateIDs[i] = e.relative(id)
			}
		}
		return catalog.CheckBackend(e.ctx, e.records, e.name, p)
	})
}

func certificateResource() *resource {
	fields := texts("subject", "thumbprint")
	fields["expirationDate"] = odata.Time
	return plain(resource{
		pattern: "/certificates/{certificateId}", noun: "Certificate", maxName: 80, fields: fields, noPatch: true,
		remove: func(e *edit) ([]record.Change, error) {
			c, err := catalog.Show[catalog.Certificate](e.Keys, *e.current)
			if err != nil {
				return nil, err
			}
			return nil, catalog.CheckCertificateIsFree(e.ctx, e.records, e.name, c)
		},
	}, func(_ *edit, p, _ *catalog.Certificate) error { return catalog.CheckCertificate(p) })
}

func versionSetResource() *resource {
	return plain(resource{
		pattern: "/apiVersionSets/{versionSetId}", noun: "Version set", maxName: 80,
		fields: texts("displayName", "description", "versioningScheme"),
		remove: func(e *edit) ([]record.Change, error) {
			return nil, catalog.CheckVersionSetIsFree(e.ctx, e.records, e.name)
		},
	}, func(_ *edit, p, _ *catalog.VersionSet) error { return catalog.CheckVersionSet(p) })
}

func loggerResource() *resource {
	return plain(resource{
		pattern: "/loggers/{loggerId}", noun: "Logger", maxName: catalog.MaxName, fields: texts("loggerType", "description", "resourceId"),
		remove: func(e *edit) ([]record.Change, error) {
			return nil, catalog.CheckLoggerIsFree(e.ctx, e.records, e.name)
		},
	}, func(_ *edit, p, old *catalog.Logger) error { return catalog.CheckLogger(p, old) })
}

func diagnosticResource(pattern string) *resource {
	return plain(resource{
		pattern: pattern, noun: "Diagnostic", maxName: 80, fields: texts("loggerId", "verbosity"),
	}, func(e *edit, p, _ *catalog.Diagnostic) error {
		p.LoggerID = e.relative(p.LoggerID)
		return catalog.CheckDiagnostic(e.ctx, e.records, p)
	})
}

func cacheResource() *resource {
	return plain(resource{
		pattern: "/caches/{cacheId}", noun: "Cache", maxName: 80, fields: texts("description", "useFromLocation"),
	}, func(_ *edit, p, _ *catalog.Cache) error { return catalog.CheckCache(p) })
}

func schemaResource() *resource {
	return plain(resource{
		pattern: "/apis/{apiId}/schemas/{schemaId}", noun: "Schema", maxName: 80, fields: texts("contentType"), noPatch: true, provisioned: true, maxBody: maxSchemaBody,
	}, func(_ *edit, p, _ *catalog.Schema) error { return catalog.CheckSchema(p) })
}

func globalSchemaResource() *resource {
	return plain(resource{
		pattern: "/schemas/{schemaId}", noun: "Schema", maxName: 80, fields: texts("schemaType", "description"), noPatch: true, provisioned: true, maxBody: maxSchemaBody,
	}, func(_ *edit, p, old *catalog.GlobalSchema) error { return catalog.CheckGlobalSchema(p, old) })
}

// maxSchemaBody leaves room for the escapes of a schema within JSON.
const maxSchemaBody = 9 << 20
