package mail

import (
	"context"
	"strconv"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// Events plans the messages that tell of a change, for the developer whom it is
// about and for publishers. They are applied together with the change.
type Events struct{ Outbox }

// Subscription tells of a subscription that was made, where was is nil, or whose state changed.
func (e Events) Subscription(ctx context.Context, was, is *access.Subscription) ([]record.Change, error) {
	owner, values, err := e.developer(ctx, is.OwnerID)
	if err != nil || owner == "" {
		return nil, err
	}
	values["SubName"], values["RejectReason"] = is.DisplayName, is.StateComment
	if values["SubName"] == "" {
		values["SubName"] = is.ID
	}
	if values["ProdName"], err = e.displayName(ctx, is.Scope); err != nil {
		return nil, err
	}
	before := access.State("")
	if was != nil {
		before = was.State
	}
	var template, notification string
	switch {
	case is.State == before:
		return nil, nil
	case is.State == access.Submitted:
		template, notification = "requestDeveloperNotificationMessage", "RequestPublisherNotificationMessage"
	case is.State == access.Active && before == "":
		template, notification = "purchaseDeveloperNotificationMessage", "PurchasePublisherNotificationMessage"
	case is.State == access.Active && before == access.Submitted:
		template = "purchaseDeveloperNotificationMessage"
	case is.State == access.Rejected:
		template = "rejectDeveloperNotificationMessage"
	}
	return e.both(template, owner, notification, values), nil
}

// Issue tells of an issue that somebody reported.
func (e Events) Issue(ctx context.Context, i catalog.Issue) ([]record.Change, error) {
	author, values, err := e.developer(ctx, i.UserID)
	if err != nil || author == "" {
		return nil, err
	}
	values["IssueName"], values["IssueDescription"] = i.Title, i.Description
	if values["ApiName"], err = e.displayName(ctx, i.APIID); err != nil {
		return nil, err
	}
	return e.both("newIssueNotificationMessage", author, "NewIssuePublisherNotificationMessage", values), nil
}

// Comment tells of a comment on an issue those who take part in it, but its author.
func (e Events) Comment(ctx context.Context, issuePath string, c catalog.IssueComment) ([]record.Change, error) {
	author, values, err := e.developer(ctx, c.UserID)
	if err != nil || author == "" {
		return nil, err
	}
	i, _, err := record.Get[catalog.Issue](ctx, e.Records, issuePath)
	if err != nil {
		return nil, err
	}
	values["IssueName"], values["CommentText"] = i.Title, c.Text
	values["CommentAuthor"] = strings.TrimSpace(values["DevFirstName"] + " " + values["DevLastName"])
	if values["ApiName"], err = e.displayName(ctx, i.APIID); err != nil {
		return nil, err
	}
	plans := e.both("", "", "NewIssuePublisherNotificationMessage", values)
	values["IssueDescription"] = i.Description
	taking, err := e.takePart(ctx, issuePath, i)
	if err != nil {
		return nil, err
	}
	for _, id := range taking {
		if strings.EqualFold(id, c.UserID) {
			continue
		}
		to, own, err := e.developer(ctx, id)
		if err != nil {
			return nil, err
		}
		for name, value := range values {
			if own[name] == "" {
				own[name] = value
			}
		}
		plans = append(plans, e.both("newCommentNotificationMessage", to, "", own)...)
	}
	return plans, nil
}

// takePart lists who wrote an issue and its comments, each once.
func (e Events) takePart(ctx context.Context, issuePath string, i catalog.Issue) ([]string, error) {
	recs, err := e.Records.List(ctx, issuePath+"/comments")
	if err != nil {
		return nil, err
	}
	taking, seen := []string{i.UserID}, map[string]bool{record.Key(i.UserID): true}
	for _, r := range recs {
		c, _, err := record.Get[catalog.IssueComment](ctx, e.Records, r.Path)
		if err != nil {
			return nil, err
		}
		if key := record.Key(c.UserID); !seen[key] {
			seen[key] = true
			taking = append(taking, c.UserID)
		}
	}
	return taking, nil
}

// QuotaNear tells of a subscription that has used so much of its quota, in percent, until the next period.
func (e Events) QuotaNear(ctx context.Context, subscription string, percent int, next time.Time) ([]record.Change, error) {
	rec, err := e.Records.Get(ctx, access.SubscriptionPath(subscription))
	if err != nil {
		return nil, err
	}
	s, err := access.LoadSubscription(e.Keys, rec)
	if err != nil {
		return nil, err
	}
	owner, values, err := e.developer(ctx, s.OwnerID)
	if err != nil {
		return nil, err
	}
	if values == nil {
		values = map[string]string{"DevEmail": "nobody"}
	}
	values["SubName"], values["QuotaPercent"], values["QuotaResetDate"] = s.DisplayName, strconv.Itoa(percent), next.UTC().Format(time.DateOnly)
	if values["ProdName"], err = e.displayName(ctx, s.Scope); err != nil {
		return nil, err
	}
	return e.both("quotaLimitApproachingDeveloperNotificationMessage", owner, "QuotaLimitApproachingPublisherNotificationMessage", values), nil
}

// AccountReady welcomes a developer.
func (e Events) AccountReady(u access.User) []record.Change {
	return e.both("newDeveloperNotificationMessage", u.Email, "", valuesOf(u))
}

// AccountClosed tells of an account that is closed: the developer, and publishers where he did it himself.
func (e Events) AccountClosed(u access.User, byHimself bool) []record.Change {
	notification := ""
	if byHimself {
		notification = "AccountClosedPublisher"
	}
	return e.both("accountClosedDeveloper", u.Email, notification, valuesOf(u))
}

// both plans the message to a developer and the notification of publishers, where each is wanted.
func (e Events) both(template, developer, notification string, values map[string]string) []record.Change {
	var plans []record.Change
	if template != "" && developer != "" {
		plans = append(plans, e.Plan(Message{Template: template, Recipients: []string{developer}, Variables: values}))
	}
	if notification != "" {
		plans = append(plans, e.Plan(Message{Notification: notification, Variables: values}))
	}
	return plans
}

func valuesOf(u access.User) map[string]string {
	return map[string]string{"DevFirstName": u.FirstName, "DevLastName": u.LastName, "DevEmail": u.Email}
}

// developer gives the address of the user at a path and what messages say of
// him. It is "" where there is none.
func (e Events) developer(ctx context.Context, path string) (address string, values map[string]string, err error) {
	if path == "" {
		return "", nil, nil
	}
	u, _, err := record.Get[access.User](ctx, e.Records, path)
	if fault.Is(err, fault.NotFound) {
		return "", nil, nil
	}
	return u.Email, valuesOf(u), err
}

// displayName is how the API or product at a path is called.
func (e Events) displayName(ctx context.Context, path string) (string, error) {
	if strings.EqualFold(path, catalog.APIs) {
		return "all APIs", nil
	}
	named, _, err := record.Get[struct {
		DisplayName string `json:"displayName"`
	}](ctx, e.Records, path)
	if fault.Is(err, fault.NotFound) {
		return record.Name(path), nil
	}
	return named.DisplayName, err
}
