package mail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/mail"
	"portico/internal/mail/smtptest"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/store"
)

// within bounds the wait for what another process does.
const within = time.Minute

// rig is a sender over a new instance, and its queue.
type rig struct {
	store  *store.Store
	keys   *secret.Keeper
	sender *mail.Sender
	outbox mail.Outbox
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := secret.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	service := catalog.Service{Name: "portico", Location: "here", PublisherName: "Contoso", PublisherEmail: "ann@contoso.com"}
	if _, err := access.EnsureFirstContent(t.Context(), s.Records(), keys, service); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	q, closeQueue, err := s.OpenQueue(t.Context(), job.Config{Kinds: []string{mail.JobKind}, Workers: 4, Timeout: time.Hour, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{store: s, keys: keys, outbox: mail.Outbox{Records: s.Records(), Keys: keys}}
	r.sender = mail.NewSender(mail.SenderConfig{
		Outbox: r.outbox, Store: s, Dial: (&net.Dialer{}).DialContext, PortalURL: "https://portal.contoso.com", ConsoleURL: "https://console.contoso.com", Now: time.Now, Log: log,
	})
	q.Handle(mail.JobKind, r.sender.Handle)
	s.EnqueueRecords("outbox", q, mail.JobKind)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := closeQueue(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// set sets the mail server.
func (r *rig) set(t *testing.T, s mail.Server) {
	t.Helper()
	if err := mail.CheckServer(&s); err != nil {
		t.Fatal(err)
	}
	r.apply(t, catalog.Seal(r.keys, mail.Servers+"/"+mail.DefaultServer, &s, ""))
}

func (r *rig) apply(t *testing.T, changes ...record.Change) {
	t.Helper()
	if _, err := r.store.Records().Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

// until waits for what goes on beside the test.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(within)
	for !done() {
		select {
		case <-ticker.C:
		case <-timeout:
			t.Fatalf("%s did not come in %v", what, within)
		}
	}
}

// deliveries are the messages of the outbox.
func (r *rig) deliveries(t *testing.T) []mail.Delivery {
	t.Helper()
	recs, err := r.store.Records().List(t.Context(), mail.Outgoing)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]mail.Delivery, len(recs))
	for i, rec := range recs {
		if err := json.Unmarshal(rec.Body, &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// parts reads a message: its subject and its text and HTML.
func parts(t *testing.T, m smtptest.Message) (header netmail.Header, subject, text, html string) {
	t.Helper()
	letter, err := netmail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	reader := multipart.NewReader(letter.Body, params["boundary"])
	for {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			return letter.Header, subject, text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
			text = string(b)
		} else {
			html = string(b)
		}
	}
}

// TestMessagesArriveOverTLS sends to a real server with STARTTLS and with
// implicit TLS, signed in, and holds what arrives: one line of subject, text
// escaped in HTML, one recipient each, a copy for those who get all.
func TestMessagesArriveOverTLS(t *testing.T) {
	for _, security := range []string{mail.StartTLS, mail.ImplicitTLS} {
		t.Run(security, func(t *testing.T) {
			certFile, keyFile, certPEM := smtptest.Certificate(t)
			r, server := newRig(t), smtptest.Start(t, 0, security, certFile, keyFile, "portico", "pa$$ word")
			r.set(t, mail.Server{Host: "localhost", Port: server.Port, Security: security, UserName: "portico", Password: "pa$$ word", CACertificate: certPEM})
			r.apply(t,
				record.PutOf(access.UserPath("eve"), access.User{Email: "eve@example.com", FirstName: "Eve", LastName: "Ëxample"}, "-"),
				record.PutOf(mail.Notifications+"/BCC/recipientEmails/archive@contoso.com", catalog.Link{}, "-"))
			err := r.outbox.Enqueue(t.Context(), mail.Message{Template: "newCommentNotificationMessage", Recipients: []string{"eve@example.com"}, Variables: map[string]string{
				"CommentAuthor": "Bob\r\nBcc: victim@example.com", "IssueName": "<b>it</b> fails", "CommentText": "a < b & c", "ApiName": "Echo",
			}})
			if err != nil {
				t.Fatal(err)
			}
			until(t, "the message and its copy", func() bool { return len(server.Received(t)) == 2 })
			for i, m := range server.Received(t) {
				header, subject, text, html := parts(t, m)
				if want := []string{"eve@example.com", "archive@contoso.com"}[i]; len(m.To) != 1 || m.To[0] != want || header.Get("To") != "<"+want+">" {
					t.Errorf("went to %v, %s, want %s", m.To, header.Get("To"), want)
				}
				if !m.TLS || m.User != "portico" || m.From != "ann@contoso.com" || header.Get("From") != `"Contoso" <ann@contoso.com>` || header.Get("Auto-Submitted") != "auto-generated" {
					t.Errorf("got %+v with %v", m, header)
				}
				if subject != "Bob Bcc: victim@example.com commented on <b>it</b> fails" || header.Get("Bcc") != "" {
					t.Errorf("the subject is %q, Bcc %q", subject, header.Get("Bcc"))
				}
				for _, want := range []string{"Dear Eve Ëxample,", "the issue &lt;b&gt;it&lt;/b&gt; fails of Echo", "<blockquote>a &lt; b &amp; c</blockquote>", `href="https://portal.contoso.com"`} {
					if !strings.Contains(html, want) {
						t.Errorf("no %q in %s", want, html)
					}
				}
				if want := "Dear Eve Ëxample,\r\n\r\nBob Bcc: victim@example.com wrote about the issue <b>it</b> fails of Echo:\r\n\r\na < b & c\r\n\r\nContoso\r\nhttps://portal.contoso.com\r\n"; text != want {
					t.Errorf("the text is %q, want %q", text, want)
				}
			}
			until(t, "the end of the message", func() bool { return len(r.deliveries(t)) == 0 })
		})
	}
}

// TestServerThatIsDownLosesNothing takes messages while nothing listens, and holds that each arrives once later.
func TestServerThatIsDownLosesNothing(t *testing.T) {
	port, r := smtptest.FreePort(t), newRig(t)
	r.set(t, mail.Server{Host: "127.0.0.1", Port: port, Security: mail.NoTLS})
	const messages = 20
	for i := range messages {
		m := mail.Message{Template: "newDeveloperNotificationMessage", Recipients: []string{fmt.Sprintf("dev%d@example.com", i)}}
		if i%2 == 0 {
			m = mail.Message{Notification: "AccountClosedPublisher", Variables: map[string]string{"DevEmail": fmt.Sprintf("dev%d@example.com", i)}}
		}
		if err := r.outbox.Enqueue(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "a failed attempt of each", func() bool {
		for _, d := range r.deliveries(t) {
			if d.Attempts == 0 || d.Next == nil || !strings.Contains(d.Problem, "does not take messages") {
				return false
			}
		}
		return true
	})
	if n := len(r.deliveries(t)); n != messages {
		t.Fatalf("%d messages wait, want %d", n, messages)
	}
	server := smtptest.Start(t, port, mail.NoTLS)
	until(t, "the end of all messages", func() bool { return len(r.deliveries(t)) == 0 })
	seen := map[string]int{}
	for _, m := range server.Received(t) {
		header, subject, _, _ := parts(t, m)
		seen[m.To[0]+" "+subject+" "+header.Get("Message-Id")]++
	}
	if len(seen) != messages {
		t.Errorf("%d messages arrived, want %d: %v", len(seen), messages, seen)
	}
	for m, n := range seen {
		if n != 1 {
			t.Errorf("%s arrived %d times", m, n)
		}
	}
}

// TestRefusedRecipients holds that one who cannot be reached keeps nobody else
// from a message, and can be seen afterwards; and that one who is to come later waits.
func TestRefusedRecipients(t *testing.T) {
	r, server := newRig(t), smtptest.Start(t, 0, mail.NoTLS)
	r.set(t, mail.Server{Host: "127.0.0.1", Port: server.Port, Security: mail.NoTLS, From: "noreply@contoso.com"})
	err := r.outbox.Enqueue(t.Context(), mail.Message{Template: "newDeveloperNotificationMessage", Recipients: []string{"refused@example.com", "eve@example.com", "later@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the first attempt", func() bool { return r.deliveries(t)[0].Attempts > 0 })
	d := r.deliveries(t)[0]
	if len(d.Sent) != 1 || d.Sent[0] != "eve@example.com" || d.Ended != nil || !strings.Contains(d.Problem, "451") ||
		len(d.Refused) != 1 || d.Refused[0] != (mail.Refusal{Address: "refused@example.com", Reason: "550 5.1.1 nobody of that name lives here"}) {
		t.Errorf("got %+v", d)
	}
	until(t, "another attempt", func() bool { return r.deliveries(t)[0].Attempts > 1 })
	if got := server.Received(t); len(got) != 1 || got[0].From != "noreply@contoso.com" {
		t.Errorf("got %+v, want one message, once", got)
	}
}

// TestNothingIsSentInTheClear holds that a server that does not offer TLS, or shows a certificate of somebody else, gets nothing.
func TestNothingIsSentInTheClear(t *testing.T) {
	certFile, keyFile, _ := smtptest.Certificate(t)
	_, _, other := smtptest.Certificate(t)
	for name, c := range map[string]struct {
		server *smtptest.Server
		set    mail.Server
		want   string
	}{
		"no STARTTLS":       {smtptest.Start(t, 0, mail.NoTLS), mail.Server{Security: mail.StartTLS}, "STARTTLS"},
		"other certificate": {smtptest.Start(t, 0, mail.StartTLS, certFile, keyFile), mail.Server{Security: mail.StartTLS, CACertificate: other}, "certificate"},
		"wrong password":    {smtptest.Start(t, 0, mail.NoTLS, certFile, keyFile, "portico", "right"), mail.Server{Security: mail.NoTLS}, "Authentication required"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			c.set.Host, c.set.Port = "localhost", c.server.Port
			r.set(t, c.set)
			err := r.sender.Test(t.Context(), "eve@example.com", "")
			if err == nil || !strings.Contains(err.Error(), c.want) || !fault.Is(err, fault.Unavailable) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got := c.server.Received(t); len(got) != 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestMessageOfAChangeThatFailed holds that a change that is refused sends nothing.
func TestMessageOfAChangeThatFailed(t *testing.T) {
	r := newRig(t)
	plan := r.outbox.Plan(mail.Message{Template: "newDeveloperNotificationMessage", Recipients: []string{"eve@example.com"}})
	_, err := r.store.Records().Apply(t.Context(), plan, record.PutOf(access.UserPath("eve"), access.User{}, "no such version"))
	if !fault.Is(err, fault.NotFound) {
		t.Fatalf("got %v", err)
	}
	if got := r.deliveries(t); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestCheckServer(t *testing.T) {
	for _, c := range []struct {
		server mail.Server
		want   string // a part of the problem; "" for none
		port   int
	}{
		{mail.Server{Host: "mail.example.com"}, "", 587},
		{mail.Server{Host: "10.0.0.1", Security: "TLS", UserName: "u", Password: "p"}, "", 465},
		{mail.Server{Host: "::1", Security: mail.NoTLS}, "", 25},
		{mail.Server{}, "is not the name or address of a host", 0},
		{mail.Server{Host: "mail.example.com\r\nX"}, "is not the name or address of a host", 0},
		{mail.Server{Host: "m", Security: "ssl"}, "is not a value of security", 0},
		{mail.Server{Host: "m", Port: 70000}, "70000 is not a port", 0},
		{mail.Server{Host: "m", Security: mail.NoTLS, UserName: "u", Password: "p"}, "not sent without TLS", 0},
		{mail.Server{Host: "m", UserName: "u"}, "go together", 0},
		{mail.Server{Host: "m", From: "ann@contoso.com\r\nBcc: x@y.z"}, "is not an e-mail address", 0},
		{mail.Server{Host: "m", CACertificate: "x"}, "no certificate", 0},
	} {
		err := mail.CheckServer(&c.server)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) || err == nil && c.server.Port != c.port {
			t.Errorf("%+v: got %v, want %q", c.server, err, c.want)
		}
	}
}
