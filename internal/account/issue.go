package account

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// The states of an issue that matter here: a proposed one is between its author
// and the publishers, and a removed one is gone for everybody.
const (
	IssueProposed = "proposed"
	IssueRemoved  = "removed"
	IssueClosed   = "closed"
)

const (
	maxIssues      = 2000 // of one API
	maxComments    = 1000 // of one issue
	maxAttachments = 20   // likewise
)

// reports is how fast one developer may report and comment.
var reports = access.Pace{Burst: 20, Every: time.Minute}

// IssuePath is /apis/{api}/issues/{id}.
func IssuePath(api, id string) string { return record.Path("apis", api, "issues", id) }

// Issue is an issue with its id.
type Issue struct {
	ID string
	catalog.Issue
}

// Issue gives an issue of an API as far as a developer ("" is a guest) may see it, else fault.NotFound.
func (a *Accounts) Issue(ctx context.Context, user, api, id string) (Issue, record.Record, error) {
	i, rec, err := record.Get[catalog.Issue](ctx, a.records, IssuePath(api, id))
	if fault.Is(err, fault.NotFound) || err == nil && !MaySeeIssue(user, &i) {
		return Issue{}, rec, fault.New(fault.NotFound, "The API has no issue %s.", id)
	}
	return Issue{record.Name(rec.Path), i}, rec, err
}

// MaySeeIssue tells whether a developer may see an issue of an API that he may see.
func MaySeeIssue(user string, i *catalog.Issue) bool {
	return i.State != IssueRemoved && (i.State != IssueProposed || wrote(user, i.UserID))
}

func wrote(user, author string) bool {
	return user != "" && strings.EqualFold(author, access.UserPath(user))
}

// Report makes an issue about an API, and tells the author and the publishers.
func (a *Accounts) Report(ctx context.Context, user, api, title, description string) (Issue, error) {
	if _, err := a.attempts.Take("report "+user, reports); err != nil {
		return Issue{}, err
	}
	made := Issue{ID: secret.ID(), Issue: catalog.Issue{Title: title, Description: description, UserID: access.UserPath(user)}}
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		if err := a.room(ctx, catalog.APIPath(api)+"/issues", maxIssues, "The API"); err != nil {
			return nil, err
		}
		if err := catalog.CheckIssue(ctx, a.records, catalog.APIPath(api), &made.Issue, nil); err != nil {
			return nil, err
		}
		told, err := a.events().Issue(ctx, made.Issue)
		return append(told, record.PutOf(IssuePath(api, made.ID), made.Issue, "-")), err
	})
	return made, err
}

// room returns fault.Conflict where a collection is full.
func (a *Accounts) room(ctx context.Context, collection string, most int, holder string) error {
	recs, err := a.records.List(ctx, collection)
	if err == nil && len(recs) >= most {
		err = fault.New(fault.Conflict, "%s has %d %s, which is the limit.", holder, len(recs), record.Name(collection))
	}
	return err
}

// ChangeIssue lets the author change the texts of an issue, and close it.
func (a *Accounts) ChangeIssue(ctx context.Context, user, api, id, title, description string, closed bool) (Issue, error) {
	var changed Issue
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		old, rec, err := a.authored(ctx, user, api, id)
		if err != nil {
			return nil, err
		}
		changed = old
		if title != "" {
			changed.Title = title
		}
		if description != "" {
			changed.Description = description
		}
		if closed {
			changed.State = IssueClosed
		}
		if err := catalog.CheckIssue(ctx, a.records, catalog.APIPath(api), &changed.Issue, &old.Issue); err != nil {
			return nil, err
		}
		return []record.Change{record.PutOf(rec.Path, changed.Issue, rec.ETag)}, nil
	})
	return changed, err
}

// authored gives an issue that a developer reported, or fault.Forbidden for one of somebody else.
func (a *Accounts) authored(ctx context.Context, user, api, id string) (Issue, record.Record, error) {
	i, rec, err := a.Issue(ctx, user, api, id)
	if err == nil && !wrote(user, i.UserID) {
		err = fault.New(fault.Forbidden, "The issue was reported by somebody else, who alone can change it.")
	}
	return i, rec, err
}

// Comment adds a comment to an issue, and tells the others who take part and the publishers.
func (a *Accounts) Comment(ctx context.Context, user, api, id, text string) (string, catalog.IssueComment, error) {
	if _, err := a.attempts.Take("report "+user, reports); err != nil {
		return "", catalog.IssueComment{}, err
	}
	made, comment := secret.ID(), catalog.IssueComment{Text: text, UserID: access.UserPath(user)}
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		_, rec, err := a.Issue(ctx, user, api, id)
		if err != nil {
			return nil, err
		}
		if err := a.room(ctx, rec.Path+"/comments", maxComments, "The issue"); err != nil {
			return nil, err
		}
		if err := catalog.CheckIssueComment(ctx, a.records, &comment, nil); err != nil {
			return nil, err
		}
		told, err := a.events().Comment(ctx, rec.Path, comment)
		return append(told, record.PutOf(rec.Path+record.Path("comments", made), comment, "-")), err
	})
	return made, comment, err
}

// Attach adds a file or a link to an issue that a developer reported.
func (a *Accounts) Attach(ctx context.Context, user, api, id string, attachment catalog.IssueAttachment) (string, error) {
	made := secret.ID()
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		_, rec, err := a.authored(ctx, user, api, id)
		if err != nil {
			return nil, err
		}
		if err := a.room(ctx, rec.Path+"/attachments", maxAttachments, "The issue"); err != nil {
			return nil, err
		}
		if err := catalog.CheckIssueAttachment(&attachment); err != nil {
			return nil, err
		}
		return []record.Change{record.PutOf(rec.Path+record.Path("attachments", made), attachment, "-")}, nil
	})
	return made, err
}
