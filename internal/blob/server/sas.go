package server

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"portico/internal/fault"
)

// The versions of a shared access signature (sv) from which something differs.
const (
	sasFirst         = "2012-02-12"
	sasWithOverrides = "2013-08-15" // rscc, rscd, rsce, rscl, rsct are signed
	sasWithService   = "2015-02-21" // the resource begins with "/blob"
	sasWithIP        = "2015-04-05" // sip and spr are signed; there are account signatures
	sasWithResource  = "2018-11-09" // sr and the snapshot's time are signed
	sasWithScope     = "2020-12-06" // ses is signed
	sasVersionWeSign = sasWithScope
)

const (
	sasOfBlob      = "b" // sr
	sasOfContainer = "c"
	sasForBlobs    = "b" // in ss
	sasTimeFormat  = "2006-01-02T15:04:05Z"
)

// signature is what a shared access signature grants, once its MAC held.
type signature struct {
	query   map[string]string
	account bool // an account's, else a service's for one container or blob
}

// authenticateSAS checks the signature in a query for a resource.
func (s *Server) authenticateSAS(query map[string]string, t target, client netip.Addr, https bool) (*signature, error) {
	g := &signature{query: query, account: query["ss"] != "" || query["srt"] != ""}
	if err := g.checkForm(); err != nil {
		return nil, err
	}
	stringToSign := serviceStringToSign(query, s.credential.account, t)
	if g.account {
		stringToSign = accountStringToSign(query, s.credential.account)
	}
	if !s.credential.signed(stringToSign, query["sig"]) {
		return nil, authenticationFailed("Signature did not match. String to sign used was %s", stringToSign)
	}
	if err := g.checkTime(time.Now()); err != nil {
		return nil, err
	}
	return g, g.checkClient(client, https)
}

// checkForm refuses what is missing, malformed or not offered.
func (g *signature) checkForm() error {
	q := g.query
	switch version := q["sv"]; {
	case !versionPattern.MatchString(version):
		return authenticationFailed("sv is mandatory. Cannot be empty, and is a version such as %s.", sasVersionWeSign)
	case version < sasFirst, g.account && version < sasWithIP:
		return authenticationFailed("sv %s is older than the versions that are offered.", version)
	case q["skoid"] != "" || q["sktid"] != "":
		return authenticationFailed("User delegation signatures are not offered. Sign with the account's key.")
	case q["si"] != "":
		return authenticationFailed("Stored access policies (si) are not offered. Put the permissions and the expiry into the signature.")
	case q["sp"] == "":
		return authenticationFailed("sp is mandatory. Cannot be empty.")
	case q["se"] == "":
		return authenticationFailed("se is mandatory. Cannot be empty.")
	case g.account && (q["ss"] == "" || q["srt"] == ""):
		return authenticationFailed("ss and srt are mandatory for an account's signature. Cannot be empty.")
	case !g.account && q["sr"] != sasOfBlob && q["sr"] != sasOfContainer:
		return authenticationFailed("sr is %q. A signature for a blob (b) or a container (c) is offered.", q["sr"])
	}
	return nil
}

// serviceStringToSign is what a service signature of a version signs.
func serviceStringToSign(q map[string]string, accountName string, t target) string {
	version := q["sv"]
	resource := "/" + accountName + "/" + t.container
	if version >= sasWithService {
		resource = "/blob" + resource
	}
	if q["sr"] == sasOfBlob {
		resource += "/" + t.blob
	}
	lines := []string{q["sp"], q["st"], q["se"], resource, q["si"]}
	if version >= sasWithIP {
		lines = append(lines, q["sip"], q["spr"])
	}
	lines = append(lines, version)
	if version >= sasWithResource {
		lines = append(lines, q["sr"], q["snapshot"])
	}
	if version >= sasWithScope {
		lines = append(lines, q["ses"])
	}
	if version >= sasWithOverrides {
		lines = append(lines, q["rscc"], q["rscd"], q["rsce"], q["rscl"], q["rsct"])
	}
	return strings.Join(lines, "\n")
}

// accountStringToSign is what an account signature of a version signs. It ends in an empty line.
func accountStringToSign(q map[string]string, accountName string) string {
	lines := []string{accountName, q["sp"], q["ss"], q["srt"], q["st"], q["se"], q["sip"], q["spr"], q["sv"]}
	if q["sv"] >= sasWithScope {
		lines = append(lines, q["ses"])
	}
	return strings.Join(lines, "\n") + "\n"
}

// sasTimes are the forms of ISO 8601 that st and se may have, all UTC.
var sasTimes = []string{sasTimeFormat, "2006-01-02T15:04Z", "2006-01-02"}

func parseSASTime(s string) (time.Time, bool) {
	for _, form := range sasTimes { // seconds may have a fraction
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func (g *signature) checkTime(now time.Time) error {
	start, expiry := g.query["st"], g.query["se"]
	to, ok := parseSASTime(expiry)
	from := time.Time{}
	if start != "" && ok {
		from, ok = parseSASTime(start)
	}
	if !ok {
		return authenticationFailed("Signed start or expiry time is not a time such as %s.", sasTimeFormat)
	}
	if now.Before(from) || !now.Before(to) {
		return authenticationFailed("Signature not valid in the specified time frame: Start [%s] - Expiry [%s] - Current [%s]",
			cmp.Or(start, "none"), expiry, now.UTC().Format(timeFormat))
	}
	return nil
}

func (g *signature) checkClient(client netip.Addr, https bool) error {
	if sip := g.query["sip"]; sip != "" {
		first, last, ranged := strings.Cut(sip, "-")
		if !ranged {
			last = first
		}
		from, err1 := netip.ParseAddr(first)
		to, err2 := netip.ParseAddr(last)
		client = client.Unmap()
		if err1 != nil || err2 != nil || client.BitLen() != from.BitLen() || client.Less(from) || to.Less(client) {
			return fault.Coded(fault.Forbidden, "AuthorizationSourceIPMismatch", "This request is not authorized to perform this operation using this source IP %s.", client)
		}
	}
	switch g.query["spr"] {
	case "", "https,http":
	case "https":
		if !https {
			return fault.Coded(fault.Forbidden, "AuthorizationProtocolMismatch", "This request is not authorized to perform this operation using this protocol.")
		}
	default:
		return authenticationFailed("spr is %q. It can be https or https,http.", g.query["spr"])
	}
	return nil
}

// SignBlob makes a service signature for one blob: "?sv=…&sr=b&sig=…&se=…&sp=…", to be
// put behind the blob's URL. permissions are letters of the wire, "r" for reading.
func (s *Server) SignBlob(container, name, permissions string, expiry time.Time) string {
	q := map[string]string{"sv": sasVersionWeSign, "sr": sasOfBlob, "se": expiry.UTC().Format(sasTimeFormat), "sp": permissions}
	sig := s.credential.sign(serviceStringToSign(q, s.credential.account, target{blobLevel, container, name}))
	return "?sv=" + q["sv"] + "&sr=" + q["sr"] + "&sig=" + url.QueryEscape(sig) + "&se=" + url.QueryEscape(q["se"]) + "&sp=" + url.QueryEscape(permissions)
}
