package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// dialWithin bounds the making of a connection, TLS and sign-in included.
const dialWithin = 30 * time.Second

// post is a server that messages can be handed to.
type post struct {
	Server
	organization string
	dial         func(ctx context.Context, network, address string) (net.Conn, error)
	now          func() time.Time
}

// server is the one that is set.
func (s *Sender) server(ctx context.Context) (*post, error) {
	rec, err := s.Records.Get(ctx, Servers+"/"+DefaultServer)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Unavailable, "No mail server is set: give it at mailServers/default.")
	}
	if err != nil {
		return nil, err
	}
	server, err := catalog.Open[Server](s.Keys, rec)
	if err != nil {
		return nil, err
	}
	service, _, err := record.Get[catalog.Service](ctx, s.Records, catalog.ServicePath)
	if err != nil {
		return nil, err
	}
	p := &post{*server, service.PublisherName, s.Dial, s.Now}
	if p.From == "" {
		p.From = service.PublisherEmail
		for name, value := range service.Properties {
			if strings.EqualFold(name, "notificationSenderEmail") {
				var address string
				if json.Unmarshal(value, &address) == nil && address != "" {
					p.From = address
				}
			}
		}
	}
	return p, nil
}

// tlsConfig checks the server's certificate against its host name.
func (p *post) tlsConfig() *tls.Config {
	c := &tls.Config{ServerName: strings.TrimSuffix(p.Host, "."), MinVersion: tls.VersionTLS12}
	if p.CACertificate != "" {
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM([]byte(p.CACertificate))
	}
	return c
}

// connection is an open conversation with a server.
type connection struct {
	*smtp.Client
	post *post
	stop func() bool
}

// connect opens a conversation: connected, protected and signed in as the settings say.
func (p *post) connect(ctx context.Context) (*connection, error) {
	config := p.tlsConfig()
	dial := p.dial
	if p.Security == ImplicitTLS {
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			plain, err := p.dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			secure := tls.Client(plain, config)
			if err := secure.HandshakeContext(ctx); err != nil {
				return nil, errors.Join(err, plain.Close())
			}
			return secure, nil
		}
	}
	var raw net.Conn
	options := []gomail.Option{
		gomail.WithPort(p.Port), gomail.WithTimeout(dialWithin), gomail.WithTLSConfig(config),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			var err error
			raw, err = dial(ctx, network, address)
			return raw, err
		}),
	}
	switch p.Security {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case ImplicitTLS:
		options = append(options, gomail.WithSSL())
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if p.UserName != "" {
		// By name: what the library finds out by itself takes a connection of ours for a plain one.
		options = append(options, gomail.WithUsername(p.UserName), gomail.WithPassword(p.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(p.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail: the server's settings: %w", err)
	}
	c, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if raw != nil {
			err = errors.Join(err, ignoreClosed(raw.Close()))
		}
		return nil, fault.Wrap(err, fault.Unavailable, "The mail server %s does not take messages: %s.", net.JoinHostPort(p.Host, fmt.Sprint(p.Port)), reason(err))
	}
	// Whoever waits no more cuts the conversation.
	return &connection{c, p, context.AfterFunc(ctx, func() { _ = raw.Close() })}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// reason is the first line of an error, in one line.
func reason(err error) string {
	text := oneLine(err.Error())
	return strings.TrimSuffix(text, ".")
}

// close says goodbye. What was sent was acknowledged before.
func (c *connection) close() {
	c.stop()
	if err := c.Quit(); err != nil {
		_ = c.Client.Close()
	}
}

// refusedError is the server's refusal of one recipient or message for good.
type refusedError struct{ error }

// send hands one mail over. id is the message's, the same whenever it is tried.
func (c *connection) send(m composed, id string) error {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := letter.FromFormat(oneLine(c.post.organization), c.post.From); err != nil {
		return fmt.Errorf("mail: the sender's address: %w", err)
	}
	if err := letter.To(m.to); err != nil {
		return &refusedError{fmt.Errorf("not an address that mail can be sent to: %w", err)}
	}
	letter.Subject(m.Subject)
	letter.SetDateWithValue(c.post.now())
	_, domain, _ := strings.Cut(c.post.From, "@")
	letter.SetMessageIDWithValue(id + "@" + domain)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's vacation notice answers
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.AddAlternativeString(gomail.TypeTextHTML, m.Body)
	if err := c.UpdateDeadline(dialWithin); err != nil {
		return err
	}
	if err := c.Mail(c.post.From); err != nil {
		return fmt.Errorf("the server refused the sender %s: %w", c.post.From, err)
	}
	if err := c.Rcpt(m.to); err != nil {
		return c.refused(err)
	}
	w, err := c.Data()
	if err != nil {
		return c.refused(err)
	}
	if _, err := letter.WriteTo(w); err != nil {
		return fmt.Errorf("mail: write a message: %w", err)
	}
	if err := w.Close(); err != nil { // the server's answer to it
		return c.refused(err)
	}
	return nil
}

// refused makes of a reply that says never (RFC 5321, 4.2.1) a refusedError,
// after which the conversation goes on with the next mail.
func (c *connection) refused(err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code < 500 {
		return err
	}
	if reset := c.Reset(); reset != nil {
		return errors.Join(err, reset)
	}
	return &refusedError{fmt.Errorf("%d %s", reply.Code, oneLine(reply.Msg))}
}

// Test sends a message at once to one recipient, and tells what the server says.
func (s *Sender) Test(ctx context.Context, to, template string) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	t := Template{Subject: "Test message of $OrganizationName", Body: "<p>The mail server takes messages of $OrganizationName.</p>\n<p><a href=\"$DevPortalUrl\">$DevPortalUrl</a></p>\n"}
	values := map[string]string{}
	if template != "" {
		var err error
		if t, err = LoadTemplate(ctx, s.Records, template); err != nil {
			return err
		}
		values = Samples(t)
	}
	p, err := s.server(ctx)
	if err != nil {
		return err
	}
	values["OrganizationName"], values["DevPortalUrl"] = p.organization, s.PortalURL
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.send(composed{to, Render(t, values)}, "test-"+fmt.Sprint(s.Now().UnixNano())); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The mail server %s does not take the message: %s.", p.Host, reason(err))
	}
	return nil
}
