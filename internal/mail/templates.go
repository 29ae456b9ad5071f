package mail

// TemplateNames are the names of the 14 templates.
func TemplateNames() []string { return names(templates()) }

// InitialTemplate is the template of a name, which is one of TemplateNames, before anybody edited it.
func InitialTemplate(name string) any { return initial(templates(), name) }

// The parameters that messages share.
var (
	developer    = []Parameter{{"DevFirstName", "First name", "The developer's first name."}, {"DevLastName", "Last name", "The developer's last name."}}
	organization = []Parameter{{"OrganizationName", "Organisation", "The name of the publisher's organisation."}, {"DevPortalUrl", "Portal", "The address of the developer portal."}}
	subscription = []Parameter{{"ProdName", "Product", "The name of the product."}, {"SubName", "Subscription", "The name of the subscription."}}
	confirmation = []Parameter{{"ConfirmUrl", "Link", "The link that confirms it; it works once, for a limited time."}}
	issue        = []Parameter{{"ApiName", "API", "The name of the API."}, {"IssueName", "Issue", "The title of the issue."}, {"IssueDescription", "Text", "What was reported."}}
)

// message makes a default template: one greeting and one farewell for all.
func message(title, description, subject, body string, parameters ...[]Parameter) Template {
	t := Template{Title: title, Description: description, Subject: subject, IsDefault: true,
		Body: "<p>Dear $DevFirstName $DevLastName,</p>\n" + body + "\n<p>$OrganizationName<br /><a href=\"$DevPortalUrl\">$DevPortalUrl</a></p>\n"}
	for _, p := range append([][]Parameter{developer, organization}, parameters...) {
		t.Parameters = append(t.Parameters, p...)
	}
	return t
}

func templates() []named[Template] {
	return []named[Template]{
		{"applicationApprovedNotificationMessage", message("Application accepted", "Sent to a developer whose application is now in the gallery.",
			"Your application $AppName is in the gallery", "<p>We accepted your application $AppName. Everybody finds it in the gallery of the portal now.</p>",
			[]Parameter{{"AppName", "Application", "The name of the application."}})},
		{"accountClosedDeveloper", message("Account closed", "Sent to a developer who closed his account.",
			"Your account at $OrganizationName is closed", "<p>You asked us to close your account, and we have done so. Your subscriptions have ended and their keys no longer work.</p>")},
		{"quotaLimitApproachingDeveloperNotificationMessage", message("Quota nearly used up", "Sent to a developer whose subscription comes close to its quota.",
			"Your subscription $SubName is close to its quota", "<p>Your subscription $SubName to $ProdName has used $QuotaPercent % of the calls of this period. The quota begins anew on $QuotaResetDate.</p>",
			subscription, []Parameter{{"QuotaPercent", "Used", "How much is used, in percent."}, {"QuotaResetDate", "Renewal", "When the next period begins."}})},
		{"newDeveloperNotificationMessage", message("Welcome", "Sent to a developer whose account is ready.",
			"Welcome to $OrganizationName", "<p>Your account is ready. In the portal you find our APIs, try them out, and subscribe to products.</p>")},
		{"emailChangeIdentityDefault", message("Change of address", "Asks a developer to confirm a new e-mail address.",
			"Please confirm your new e-mail address", "<p>You changed the e-mail address of your account. Please <a href=\"$ConfirmUrl\">confirm the new address</a>; until then, the old one stays.</p>", confirmation)},
		{"inviteUserNotificationMessage", message("Invitation", "Invites somebody to open an account.",
			"$OrganizationName invites you to its developer portal", "<p>You are invited to use our APIs. Please <a href=\"$ConfirmUrl\">choose a password</a> to open your account.</p>", confirmation)},
		{"newCommentNotificationMessage", message("New comment", "Sent to those who take part in an issue when somebody comments on it.",
			"$CommentAuthor commented on $IssueName", "<p>$CommentAuthor wrote about the issue $IssueName of $ApiName:</p>\n<blockquote>$CommentText</blockquote>",
			issue, []Parameter{{"CommentAuthor", "Author", "Who wrote the comment."}, {"CommentText", "Comment", "What was written."}})},
		{"confirmSignUpIdentityDefault", message("Confirmation of sign-up", "Asks a developer who signed up to confirm the e-mail address.",
			"Please confirm your account at $OrganizationName", "<p>Thank you for signing up. Please <a href=\"$ConfirmUrl\">confirm your e-mail address</a>. If it was not you who signed up, nothing needs to be done.</p>", confirmation)},
		{"newIssueNotificationMessage", message("New issue", "Tells a developer that the issue he reported has arrived.",
			"Your issue $IssueName has arrived", "<p>Thank you for your report about $ApiName. We look into it:</p>\n<blockquote>$IssueDescription</blockquote>", issue)},
		{"purchaseDeveloperNotificationMessage", message("Subscription made", "Sent to a developer who subscribed to a product.",
			"Your subscription to $ProdName", "<p>Your subscription $SubName to $ProdName is active. Its keys are on your profile page in the portal.</p>", subscription)},
		{"passwordResetIdentityDefault", message("Password reset", "Lets a developer who forgot the password choose another.",
			"Choose a new password for $OrganizationName", "<p>Somebody asked to reset the password of your account. Please <a href=\"$ConfirmUrl\">choose a new one</a>. If it was not you, ignore this message: the password stays.</p>", confirmation)},
		{"passwordResetByAdminNotificationMessage", message("Password reset by an administrator", "Lets a developer choose a password that an administrator had reset.",
			"Your password at $OrganizationName was reset", "<p>An administrator had your password reset. Please <a href=\"$ConfirmUrl\">choose a new one</a>.</p>", confirmation)},
		{"rejectDeveloperNotificationMessage", message("Subscription declined", "Sent to a developer whose request for a subscription was declined.",
			"Your request for $ProdName was declined", "<p>We cannot give you the subscription $SubName to $ProdName. $RejectReason</p>",
			subscription, []Parameter{{"RejectReason", "Reason", "Why it was declined."}})},
		{"requestDeveloperNotificationMessage", message("Subscription requested", "Tells a developer that the request for a subscription has arrived.",
			"Your request for $ProdName has arrived", "<p>Thank you for your interest in $ProdName. We look at your request for the subscription $SubName and tell you soon.</p>", subscription)},
	}
}
