package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portico/internal/record"
)

// Documentations is the collection of pages in Markdown.
const Documentations = "/documentations"

// Documentation is DocumentationContractProperties: a page that wikis show.
type Documentation struct {
	Title   string `json:"title"`
	Content string `json:"content"` // Markdown
}

const maxPage = 512 << 10 // characters

// CheckDocumentation checks a page.
func CheckDocumentation(d *Documentation) error {
	bad := Incorrect()
	checkLength(bad, "title", d.Title, 1, maxDisplayName)
	checkLength(bad, "content", d.Content, 0, maxPage)
	return bad.OrNil()
}

// Wiki is WikiContractProperties: the pages of an API or product, in order.
type Wiki struct {
	Documents []WikiDocument `json:"documents"`
}

// WikiDocument is one page of a wiki.
type WikiDocument struct {
	DocumentationID string `json:"documentationId"` // /documentations/{id}, or the id alone
}

const maxWiki = 100 // pages

// CheckWiki checks that a wiki's pages exist.
func CheckWiki(ctx context.Context, s record.Store, w *Wiki) error {
	bad := Incorrect()
	if w.Documents == nil {
		w.Documents = []WikiDocument{}
	}
	if len(w.Documents) > maxWiki {
		bad.With(CodeValidation, "documents", "A wiki has at most %d pages.", maxWiki)
		return bad
	}
	for i := range w.Documents {
		name := w.Documents[i].DocumentationID
		path, err := checkExists(ctx, s, bad, fmt.Sprintf("documents[%d].documentationId", i), record.Path("documentations", record.Name("/"+name)), Documentations)
		if err != nil {
			return err
		}
		w.Documents[i].DocumentationID = record.Name(path)
	}
	return bad.OrNil()
}

// Issue is IssueContractProperties: what a developer reports about an API.
type Issue struct {
	Title       string    `json:"title"`
	Description string    `json:"description"`
	CreatedDate time.Time `json:"createdDate"`
	State       string    `json:"state"`
	UserID      string    `json:"userId"`
	APIID       string    `json:"apiId"`
}

// CheckIssue completes an issue's defaults and checks it. api is the path of the
// API that it stands below; the user must exist.
func CheckIssue(ctx context.Context, s record.Store, api string, i, old *Issue) error {
	bad := Incorrect()
	checkLength(bad, "title", i.Title, 1, maxDisplayName)
	checkLength(bad, "description", i.Description, 1, maxPage)
	checkChoice(bad, "state", &i.State, "proposed", "proposed", "open", "removed", "resolved", "closed")
	if i.APIID != "" && !strings.EqualFold(i.APIID, api) {
		bad.With(CodeValidation, "apiId", "The issue stands below %s and is about it.", api)
	}
	i.APIID = api
	i.CreatedDate = createdDate(i.CreatedDate, old == nil, func() time.Time { return old.CreatedDate })
	var err error
	if i.UserID, err = checkExists(ctx, s, bad, "userId", i.UserID, "/users"); err != nil {
		return err
	}
	return bad.OrNil()
}

// createdDate is what the client says of a new thing, or now; later it stays.
func createdDate(sent time.Time, isNew bool, old func() time.Time) time.Time {
	switch {
	case !isNew:
		return old()
	case sent.IsZero():
		return time.Now().UTC().Truncate(time.Second)
	}
	return sent.UTC()
}

// IssueComment is IssueCommentContractProperties.
type IssueComment struct {
	Text        string    `json:"text"`
	CreatedDate time.Time `json:"createdDate"`
	UserID      string    `json:"userId"`
}

// CheckIssueComment completes a comment and checks it; its user must exist.
func CheckIssueComment(ctx context.Context, s record.Store, c, old *IssueComment) error {
	bad := Incorrect()
	checkLength(bad, "text", c.Text, 1, maxPage)
	c.CreatedDate = createdDate(c.CreatedDate, old == nil, func() time.Time { return old.CreatedDate })
	var err error
	if c.UserID, err = checkExists(ctx, s, bad, "userId", c.UserID, "/users"); err != nil {
		return err
	}
	return bad.OrNil()
}

// IssueAttachment is IssueAttachmentContractProperties.
type IssueAttachment struct {
	Title         string `json:"title"`
	ContentFormat string `json:"contentFormat"` // "link", or a media type for base64
	Content       string `json:"content"`
}

// CheckIssueAttachment checks an attachment.
func CheckIssueAttachment(a *IssueAttachment) error {
	bad := Incorrect()
	checkLength(bad, "title", a.Title, 1, maxDisplayName)
	checkLength(bad, "contentFormat", a.ContentFormat, 1, MaxName)
	checkLength(bad, "content", a.Content, 1, maxPage)
	if strings.EqualFold(a.ContentFormat, "link") {
		checkAddress(bad, "content", a.Content)
	}
	return bad.OrNil()
}

// Release is APIReleaseContractProperties: the moment at which a revision became the current one.
type Release struct {
	APIID string `json:"apiId"`
	Notes string `json:"notes,omitempty"`
}

// CheckRelease checks a release's notes.
func CheckRelease(r *Release) error {
	bad := Incorrect()
	checkLength(bad, "notes", r.Notes, 0, 10000)
	return bad.OrNil()
}
