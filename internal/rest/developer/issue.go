package developer

import (
	"context"
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// issueRoutes are what people report about APIs.
func (a *api) issueRoutes() []rest.Route {
	const all = "/apis/{apiId}/issues"
	const one = all + "/{issueId}"
	return []rest.Route{
		anyone(http.MethodGet, "/issues", a.allIssues),
		anyone(http.MethodGet, all, a.listIssues),
		own(http.MethodPost, all, a.report),
		anyone(http.MethodGet, one, a.getIssue),
		own(http.MethodPatch, one, a.changeIssue),
		anyone(http.MethodGet, one+"/comments", a.listComments),
		own(http.MethodPost, one+"/comments", a.comment),
		anyone(http.MethodGet, one+"/attachments", a.listAttachments),
		anyone(http.MethodGet, one+"/attachments/{attachmentId}", a.getAttachment),
		own(http.MethodPost, one+"/attachments", a.attach),
	}
}

// issueView is an issue; of its author, people see the name.
type issueView struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"` // the title
	Title       string    `json:"title"`
	Description string    `json:"description"`
	CreatedDate time.Time `json:"createdDate"`
	State       string    `json:"state"`
	APIID       string    `json:"apiId"`
	Author      string    `json:"author"`
	Mine        bool      `json:"mine"`
}

type commentView struct {
	ID          string    `json:"id"`
	Text        string    `json:"text"`
	CreatedDate time.Time `json:"createdDate"`
	Author      string    `json:"author"`
	Mine        bool      `json:"mine"`
}

type attachmentView struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	ContentFormat string `json:"contentFormat"`     // "link", or a media type
	Content       string `json:"content,omitempty"` // the link
}

// author is how the writer of something is called.
func (a *api) author(ctx context.Context, path string) (string, error) {
	u, _, err := record.Get[struct{ FirstName, LastName string }](ctx, a.records, path)
	if fault.Is(err, fault.NotFound) {
		return "(closed account)", nil
	}
	return strings.TrimSpace(u.FirstName + " " + u.LastName), err
}

func (a *api) viewIssue(ctx context.Context, who access.Principal, i account.Issue) (issueView, error) {
	author, err := a.author(ctx, i.UserID)
	return issueView{i.ID, i.Title, i.Title, i.Description, i.CreatedDate, i.State, record.Name(i.APIID), author, mine(who, i.UserID)}, err
}

func mine(who access.Principal, path string) bool {
	return who.User != "" && strings.EqualFold(path, access.UserPath(who.User))
}

func issueFields() odata.Fields {
	fields := textFields([]string{"properties"}, "id", "name", "title", "description", "state", "apiId", "author")
	fields["createdDate"], fields["mine"] = odata.Time, odata.Bool
	return fields
}

// writeIssues answers with the issues in a collection that the caller may see, the newest first.
func (a *api) writeIssues(w http.ResponseWriter, r *http.Request, who access.Principal, collection string, sight *access.Sight) error {
	recs, err := a.records.List(r.Context(), collection)
	if err != nil {
		return err
	}
	views := []issueView{}
	for _, rec := range slices.Backward(recs) {
		i, err := decoded[catalog.Issue](rec)
		if err != nil {
			return err
		}
		if !sight.API(record.NameIn(rec.Path, "apis")) || !account.MaySeeIssue(who.User, &i) {
			continue
		}
		v, err := a.viewIssue(r.Context(), who, account.Issue{ID: record.Name(rec.Path), Issue: i})
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return list(w, r, issueFields(), views)
}

func (a *api) allIssues(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	return a.writeIssues(w, r, who, catalog.APIs+"/*/issues", sight)
}

func (a *api) listIssues(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, sight, err := a.api(r, who)
	if err != nil {
		return err
	}
	return a.writeIssues(w, r, who, rec.Path+"/issues", sight)
}

// issue gives the issue that the path names, as far as the caller may see it.
func (a *api) issue(r *http.Request, who access.Principal) (account.Issue, record.Record, error) {
	rec, _, err := a.api(r, who)
	if err != nil {
		return account.Issue{}, rec, err
	}
	return a.Accounts.Issue(r.Context(), who.User, record.Name(rec.Path), r.PathValue("issueId"))
}

func (a *api) writeIssue(w http.ResponseWriter, r *http.Request, who access.Principal, status int, i account.Issue) error {
	v, err := a.viewIssue(r.Context(), who, i)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, v)
}

func (a *api) getIssue(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	i, _, err := a.issue(r, who)
	if err != nil {
		return err
	}
	return a.writeIssue(w, r, who, http.StatusOK, i)
}

// report answers POST with {"title", "description"}.
func (a *api) report(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	var in struct{ Title, Description string }
	if err := body(r, &in); err != nil {
		return err
	}
	i, err := a.Accounts.Report(r.Context(), who.User, record.Name(rec.Path), in.Title, in.Description)
	if err != nil {
		return err
	}
	return a.writeIssue(w, r, who, http.StatusCreated, i)
}

// changeIssue answers PATCH by the author with {"title"}, {"description"} or {"state": "closed"}.
func (a *api) changeIssue(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	i, rec, err := a.issue(r, who)
	if err != nil {
		return err
	}
	var in struct{ Title, Description, State string }
	if err := body(r, &in); err != nil {
		return err
	}
	if in.State != "" && !strings.EqualFold(in.State, account.IssueClosed) {
		return catalog.Incorrect().With(catalog.CodeValidation, "state", "The author can close an issue: the state is %s.", account.IssueClosed)
	}
	changed, err := a.Accounts.ChangeIssue(r.Context(), who.User, record.NameIn(rec.Path, "apis"), i.ID, in.Title, in.Description, in.State != "")
	if err != nil {
		return err
	}
	return a.writeIssue(w, r, who, http.StatusOK, changed)
}

func (a *api) listComments(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	_, rec, err := a.issue(r, who)
	if err != nil {
		return err
	}
	recs, err := a.records.List(r.Context(), rec.Path+"/comments")
	if err != nil {
		return err
	}
	views, err := mapped(recs, func(rec record.Record) (commentView, error) {
		c, err := decoded[catalog.IssueComment](rec)
		if err != nil {
			return commentView{}, err
		}
		return a.viewComment(r.Context(), who, record.Name(rec.Path), c)
	})
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "text", "author"), views)
}

func (a *api) viewComment(ctx context.Context, who access.Principal, id string, c catalog.IssueComment) (commentView, error) {
	author, err := a.author(ctx, c.UserID)
	return commentView{id, c.Text, c.CreatedDate, author, mine(who, c.UserID)}, err
}

// comment answers POST with {"text"}.
func (a *api) comment(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	i, rec, err := a.issue(r, who)
	if err != nil {
		return err
	}
	var in struct{ Text string }
	if err := body(r, &in); err != nil {
		return err
	}
	id, c, err := a.Accounts.Comment(r.Context(), who.User, record.NameIn(rec.Path, "apis"), i.ID, in.Text)
	if err != nil {
		return err
	}
	v, err := a.viewComment(r.Context(), who, id, c)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, v)
}

func viewAttachment(id string, p catalog.IssueAttachment) attachmentView {
	v := attachmentView{ID: id, Title: p.Title, ContentFormat: p.ContentFormat}
	if strings.EqualFold(p.ContentFormat, "link") {
		v.Content = p.Content
	}
	return v
}

func (a *api) listAttachments(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	_, rec, err := a.issue(r, who)
	if err != nil {
		return err
	}
	recs, err := a.records.List(r.Context(), rec.Path+"/attachments")
	if err != nil {
		return err
	}
	views, err := mapped(recs, func(rec record.Record) (attachmentView, error) {
		p, err := decoded[catalog.IssueAttachment](rec)
		return viewAttachment(record.Name(rec.Path), p), err
	})
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "title", "contentFormat"), views)
}

// getAttachment answers with the file itself, which no browser shows as a page
// of ours, or with the link.
func (a *api) getAttachment(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	_, rec, err := a.issue(r, who)
	if err != nil {
		return err
	}
	id := r.PathValue("attachmentId")
	p, _, err := record.Get[catalog.IssueAttachment](r.Context(), a.records, rec.Path+record.Path("attachments", id))
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "The issue has no attachment %s.", id)
	}
	if err != nil {
		return err
	}
	if strings.EqualFold(p.ContentFormat, "link") {
		return rest.WriteJSON(w, http.StatusOK, viewAttachment(id, p))
	}
	file, err := base64.StdEncoding.DecodeString(p.Content)
	if err != nil {
		return fault.New(fault.Unsupported, "The attachment is not base64.")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Title}))
	_, _ = w.Write(file) // the client is gone when this fails
	return nil
}

// attach answers POST by the author with {"title", "contentFormat", "content"}.
func (a *api) attach(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	i, rec, err := a.issue(r, who)
	if err != nil {
		return err
	}
	var in catalog.IssueAttachment
	if err := body(r, &in); err != nil {
		return err
	}
	if _, err := base64.StdEncoding.DecodeString(in.Content); err != nil && !strings.EqualFold(in.ContentFormat, "link") {
		return catalog.Incorrect().With(catalog.CodeValidation, "content", "content must be base64, unless contentFormat is link.")
	}
	id, err := a.Accounts.Attach(r.Context(), who.User, record.NameIn(rec.Path, "apis"), i.ID, in)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, viewAttachment(id, in))
}
