package arm

import (
	"context"
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// documentationArea holds what people read and write about APIs: pages, wikis and issues.
func documentationArea() area {
	const issue = "/apis/{apiId}/issues/{issueId}"
	dated := texts("userId")
	dated["createdDate"] = odata.Time
	return area{
		resources: []*resource{
			plain(resource{
				pattern: "/documentations/{documentationId}", noun: "Page", maxName: catalog.MaxName, fields: texts("title", "content"), maxBody: maxPageBody,
				remove: func(e *edit) ([]record.Change, error) {
					return nil, catalog.CheckDocumentationIsFree(e.ctx, e.records, e.name)
				},
			}, func(_ *edit, p, _ *catalog.Documentation) error { return catalog.CheckDocumentation(p) }),
			wikiResource("/apis/{apiId}/wikis/default"), wikiResource("/products/{productId}/wikis/default"),
			issueResource(issue),
			plain(resource{pattern: issue + "/comments/{commentId}", noun: "Comment", maxName: catalog.MaxName, fields: dated, noPatch: true, view: viewComment},
				func(e *edit, p, old *catalog.IssueComment) error {
					p.UserID = e.relative(p.UserID)
					if err := catalog.CheckIssueComment(e.ctx, e.records, p, old); err != nil || old != nil {
						return err
					}
					return e.tell(e.events().Comment(e.ctx, record.Parent(e.path), *p))
				}),
			plain(resource{pattern: issue + "/attachments/{attachmentId}", noun: "Attachment", maxName: catalog.MaxName, fields: texts("title"), noPatch: true, maxBody: maxPageBody},
				func(_ *edit, p, _ *catalog.IssueAttachment) error { return catalog.CheckIssueAttachment(p) }),
		},
		routes: func(a *api) []rest.Route {
			return []rest.Route{
				a.route(http.MethodGet, "/issues", access.ReadCatalog, a.list(listing{pattern: "/issues", kind: "apis/issues", find: allIssues})),
				a.route(http.MethodGet, "/issues/{issueId}", access.ReadCatalog, a.anyIssue),
			}
		},
	}
}

// maxPageBody leaves room for the escapes of a page within JSON.
const maxPageBody = 4 << 20

func wikiResource(pattern string) *resource {
	return plain(resource{pattern: pattern, noun: "Wiki", names: []string{"default"}, fields: texts()},
		func(e *edit, p, _ *catalog.Wiki) error { return catalog.CheckWiki(e.ctx, e.records, p) })
}

func issueResource(pattern string) *resource {
	fields := texts("title", "description", "state", "userId", "authorName", "apiId")
	fields["createdDate"] = odata.Time
	return plain(resource{
		pattern: pattern, noun: "Issue", maxName: catalog.MaxName, fields: fields, maxBody: maxPageBody, view: viewIssue,
	}, func(e *edit, p, old *catalog.Issue) error {
		p.UserID, p.APIID = e.relative(p.UserID), e.relative(p.APIID)
		if err := catalog.CheckIssue(e.ctx, e.records, record.Parent(e.path), p, old); err != nil || old != nil {
			return err
		}
		return e.tell(e.events().Issue(e.ctx, *p))
	})
}

// viewIssue gives whole ids, and the comments and attachments where the request says so.
func viewIssue(a *api, r *http.Request, rec record.Record) (any, error) {
	i, err := catalog.Show[catalog.Issue](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	i.UserID, i.APIID = a.serviceID+i.UserID, a.serviceID+i.APIID
	query, err := queryOf(r)
	if err != nil || !isTrue(query, "expandcommentsattachments") {
		return i, err
	}
	v := struct {
		*catalog.Issue
		Comments    []any `json:"comments"`
		Attachments []any `json:"attachments"`
	}{Issue: i, Comments: []any{}, Attachments: []any{}}
	for collection, into := range map[string]*[]any{"comments": &v.Comments, "attachments": &v.Attachments} {
		recs, err := a.records.List(r.Context(), rec.Path+"/"+collection)
		if err != nil {
			return nil, err
		}
		for _, below := range recs {
			properties, err := a.propertiesOf(r, a.kinds["apis/issues/"+collection], below)
			if err != nil {
				return nil, err
			}
			*into = append(*into, properties)
		}
	}
	return v, nil
}

func viewComment(a *api, _ *http.Request, rec record.Record) (any, error) {
	c, err := catalog.Show[catalog.IssueComment](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	c.UserID = a.serviceID + c.UserID
	return c, nil
}

func allIssues(a *api, ctx context.Context, _ string, _ record.Record) ([]item, error) {
	recs, err := a.records.List(ctx, catalog.APIs+"/*/issues")
	return itemsOf(recs), err
}

// anyIssue finds an issue by its name alone, whichever API it is about.
func (a *api) anyIssue(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	recs, err := a.records.List(r.Context(), catalog.APIs+"/*/issues")
	if err != nil {
		return err
	}
	name := r.PathValue("issueId")
	for _, rec := range recs {
		if record.Key(record.Name(rec.Path)) == record.Key(name) {
			return a.answer(w, r, http.StatusOK, a.kinds["apis/issues"], rec)
		}
	}
	return fault.New(fault.NotFound, "Issue not found: %s.", name)
}
