package arm

import (
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest/page"
)

// releaseResource declares the change log of an API: making a release makes its revision the current one.
func releaseResource() *resource {
	return plain(resource{
		pattern: "/apis/{apiId}/releases/{releaseId}", noun: "Release", maxName: 80, fields: texts("notes"), view: viewRelease,
	}, func(e *edit, p, old *catalog.Release) error {
		base, revision := catalog.SplitRevision(record.NameIn(e.path, "apis"))
		if revision != "" {
			return catalog.Incorrect().With(catalog.CodeValidation, "apiId", "Releases stand below the API itself: /apis/%s/releases.", base)
		}
		if old != nil { // only the notes change
			p.APIID = old.APIID
			return catalog.CheckRelease(p)
		}
		p.APIID = "/" + strings.Trim(e.relative(p.APIID), "/")
		of, revision := catalog.SplitRevision(record.Name(p.APIID))
		if record.Kind(p.APIID) != "apis" || !strings.EqualFold(of, base) || revision == "" {
			return catalog.Incorrect().With(catalog.CodeValidation, "apiId", "apiId must name a revision of this API, /apis/%s;rev=2, and is %q.", base, p.APIID)
		}
		_, err := e.lookUpRevision(of, revision)
		if err != nil {
			return err
		}
		if e.planned == nil { // else the API itself says which revision is the current one
			if e.also, err = catalog.MakeCurrent(e.ctx, e.records, base, revision); err != nil {
				return err
			}
		}
		return catalog.CheckRelease(p)
	})
}

func (e *edit) lookUpRevision(base, revision string) (record.Record, error) {
	name, err := catalog.RevisionName(e.ctx, e.records, base+catalog.RevisionMark+revision)
	if err != nil {
		return record.Record{}, err
	}
	return e.lookUp(e.ctx, catalog.APIPath(name), "API")
}

func viewRelease(a *api, _ *http.Request, rec record.Record) (any, error) {
	p, err := catalog.Show[catalog.Release](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	p.APIID = a.serviceID + p.APIID
	return struct {
		*catalog.Release
		Created time.Time `json:"createdDateTime"`
		Updated time.Time `json:"updatedDateTime"`
	}{p, rec.Created, rec.Updated}, nil
}

// revisionView is APIRevisionContract.
type revisionView struct {
	APIID       string    `json:"apiId"`
	Revision    string    `json:"apiRevision"`
	Description string    `json:"description,omitempty"`
	PrivateURL  string    `json:"privateUrl"`
	IsOnline    bool      `json:"isOnline"`
	IsCurrent   bool      `json:"isCurrent"`
	Created     time.Time `json:"createdDateTime"`
	Updated     time.Time `json:"updatedDateTime"`
}

func (a *api) revisions(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	o, err := page.Parse(query, texts("apiRevision"))
	if err != nil {
		return err
	}
	base, _ := catalog.SplitRevision(r.PathValue("apiId"))
	if _, err := a.lookUp(r.Context(), catalog.APIPath(base), "API"); err != nil {
		return err
	}
	recs, err := catalog.Revisions(r.Context(), a.records, base)
	if err != nil {
		return err
	}
	current, _, err := record.Get[catalog.API](r.Context(), a.records, recs[0].Path)
	if err != nil {
		return err
	}
	set, err := catalog.VersionSetOf(r.Context(), a.records, &current)
	if err != nil {
		return err
	}
	envelopes := make([]envelope, len(recs))
	for i, rec := range recs {
		p, err := catalog.Show[catalog.API](a.Keys, rec)
		if err != nil {
			return err
		}
		name, _ := catalog.SplitRevision(record.Name(rec.Path))
		v := revisionView{APIID: "/apis/" + name + catalog.RevisionMark + p.APIRevision, Revision: p.APIRevision, Description: p.APIRevisionDescription,
			PrivateURL: "/" + p.Suffix(set), IsOnline: true, IsCurrent: i == 0, Created: rec.Created, Updated: rec.Updated}
		envelopes[i] = envelope{Properties: v}
	}
	return a.writePage(w, r, query, o, envelopes, nil, func(e envelope) any { return e.Properties })
}
