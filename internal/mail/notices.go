package mail

// notices are the messages of the notifications to publishers. They are not
// edited; BCC has none, since its recipients get copies of what developers get.
func notices() map[string]Template {
	notice := func(subject, body string) Template {
		return Template{Subject: subject, Body: body + "\n<p>$OrganizationName<br /><a href=\"$ConsoleUrl\">$ConsoleUrl</a></p>\n"}
	}
	const who = "$DevFirstName $DevLastName ($DevEmail)"
	return map[string]Template{
		"RequestPublisherNotificationMessage": notice("Subscription requested: $SubName",
			"<p>"+who+" asks for the subscription $SubName to $ProdName. It waits for your approval.</p>"),
		"PurchasePublisherNotificationMessage": notice("New subscription: $SubName",
			"<p>"+who+" has the subscription $SubName to $ProdName now.</p>"),
		"NewApplicationNotificationMessage": notice("Application submitted: $AppName",
			"<p>"+who+" submitted the application $AppName for the gallery.</p>"),
		"NewIssuePublisherNotificationMessage": notice("Issue with $ApiName: $IssueName",
			"<p>"+who+" wrote about $ApiName, in the issue $IssueName:</p>\n<blockquote>$IssueDescription$CommentText</blockquote>"),
		"AccountClosedPublisher": notice("Account closed: $DevEmail",
			"<p>"+who+" closed the account.</p>"),
		"QuotaLimitApproachingPublisherNotificationMessage": notice("Quota nearly used up: $SubName",
			"<p>The subscription $SubName of "+who+" to $ProdName has used $QuotaPercent % of the calls of this period. The quota begins anew on $QuotaResetDate.</p>"),
	}
}
