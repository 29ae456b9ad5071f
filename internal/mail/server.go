package mail

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
)

// Servers is where the mail server is kept; its one name is DefaultServer.
const (
	Servers       = "/mailServers"
	DefaultServer = "default"
)

// How the connection to a server is protected.
const (
	StartTLS    = "starttls" // plain at first, then TLS; without TLS nothing is sent
	ImplicitTLS = "tls"      // TLS from the first byte
	NoTLS       = "none"     // for a server on this machine or in this network
)

// Server is the SMTP server (RFC 5321) that takes the messages.
type Server struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`     // 587, 465 or 25 by security where it is left out
	Security string `json:"security"` // StartTLS where it is left out
	UserName string `json:"userName,omitempty"`
	Password string `json:"password,omitempty"`
	// From is the sender's address; empty: the instance's notificationSenderEmail or publisherEmail.
	From string `json:"from,omitempty"`
	// CACertificate is one or several PEM certificates that the server's is
	// checked with, instead of the system's.
	CACertificate string `json:"caCertificate,omitempty"`
}

// Secrets has the password with which we sign in there.
func (s *Server) Secrets() map[string]*string { return map[string]*string{"password": &s.Password} }

var standardPorts = map[string]int{StartTLS: 587, ImplicitTLS: 465, NoTLS: 25}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$`)

// CheckServer completes a server's defaults and checks it.
func CheckServer(s *Server) error {
	bad := catalog.Incorrect()
	wrong := func(target, format string, args ...any) {
		bad.With(catalog.CodeValidation, target, "%s", fmt.Sprintf(format, args...))
	}
	if _, err := netip.ParseAddr(s.Host); err != nil && (len(s.Host) > 253 || !hostName.MatchString(s.Host)) {
		wrong("host", "%q is not the name or address of a host.", s.Host)
	}
	if s.Security = strings.ToLower(s.Security); s.Security == "" {
		s.Security = StartTLS
	}
	standard, known := standardPorts[s.Security]
	if !known {
		wrong("security", "%q is not a value of security: use %s, %s or %s.", s.Security, StartTLS, ImplicitTLS, NoTLS)
	}
	if s.Port == 0 {
		s.Port = standard
	}
	if s.Port < 0 || s.Port > 65535 {
		wrong("port", "%d is not a port: it is 1 to 65535.", s.Port)
	}
	if s.Security == NoTLS && s.UserName != "" {
		wrong("userName", "A user name and password are not sent without TLS: set security to %s or %s.", StartTLS, ImplicitTLS)
	}
	if (s.UserName == "") != (s.Password == "") {
		wrong("password", "userName and password go together: give both or neither.")
	}
	if len(s.UserName) > maxSubject || len(s.Password) > maxSubject || strings.ContainsAny(s.UserName+s.Password, "\r\n\x00") {
		wrong("userName", "userName and password are one line each, of at most %d bytes.", maxSubject)
	}
	if s.From != "" {
		if err := access.CheckEmail(s.From); err != nil {
			wrong("from", "%s", fault.As(err).Message)
		}
	}
	if s.CACertificate != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(s.CACertificate)) {
		wrong("caCertificate", "caCertificate holds no certificate in PEM form.")
	}
	return bad.OrNil()
}
