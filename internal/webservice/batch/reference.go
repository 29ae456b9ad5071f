package batch

import (
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"portico/internal/blob/account"
	"portico/internal/blob/server"
	"portico/internal/fault"
	"portico/internal/table"
)

// Reference is an AzureBlobDataReference (azureml.md 2.2): a connection string
// and a location, or a URL in three parts, the last a shared access signature.
type Reference struct {
	ConnectionString string `json:"connectionString,omitempty"`
	RelativeLocation string `json:"relativeLocation,omitempty"`
	BaseLocation     string `json:"baseLocation,omitempty"`
	SasBlobToken     string `json:"sasBlobToken,omitempty"`
}

// DefaultContainer is where outputs go that the request gives no place.
const DefaultContainer = "experimentoutput"

// location is a reference that was read: a blob in some account.
type location struct {
	Reference
	own             bool   // in the workspace's account
	endpoint        string // URL of the account, without a slash at its end
	account, key    string // key is "" with a signature
	signature       string // without its "?"; "" with a key
	container, blob string
	format          table.Format
}

// String names the blob in messages.
func (l *location) String() string { return l.container + "/" + l.blob }

// locate reads a reference for a permission, or for none where its credentials were checked before. It returns a fault with a code of
// azureml.md 1.6. what is `input "input1"`.
func (s *Service) locate(what string, r Reference, permission string) (*location, error) {
	l := &location{Reference: r}
	var err error
	switch {
	case strings.TrimSpace(r.ConnectionString) != "":
		err = l.fromConnectionString(what)
	case r.BaseLocation != "" && r.SasBlobToken != "":
		err = l.fromBase(what)
	default:
		err = fault.Coded(fault.Invalid, "MissingInputBlobInformation",
			"The reference of %s holds neither a ConnectionString nor a BaseLocation with a SasBlobToken. Give one of them, and the RelativeLocation.", what)
	}
	if err == nil {
		err = l.name(what, permission)
	}
	if err != nil {
		return nil, err
	}
	return l, s.claim(what, l, permission)
}

// fromConnectionString reads "DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…[;BlobEndpoint=…]".
func (l *location) fromConnectionString(what string) error {
	bad := func(format string, args ...any) error {
		f := fault.Coded(fault.Invalid, "InvalidBlobConnectionString", format, args...)
		f.Message = "The connection string of " + what + " cannot be used: " + f.Message
		return f
	}
	settings := map[string]string{}
	for part := range strings.SplitSeq(l.ConnectionString, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return bad("it has a part without \"=\". It looks like DefaultEndpointsProtocol=https;AccountName=…;AccountKey=….")
		}
		settings[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	l.account, l.key, l.signature = settings["accountname"], settings["accountkey"], strings.TrimPrefix(settings["sharedaccesssignature"], "?")
	l.endpoint = strings.TrimSuffix(settings["blobendpoint"], "/")
	protocol := strings.ToLower(settings["defaultendpointsprotocol"])
	switch {
	case settings["usedevelopmentstorage"] != "":
		return bad("UseDevelopmentStorage means another server to each computer. Name the account, its key and its BlobEndpoint.")
	case l.account == "" && l.endpoint == "":
		return bad("it names no account: AccountName is missing.")
	case l.key == "" && l.signature == "":
		return bad("it has no AccountKey.")
	case protocol != "" && protocol != "http" && protocol != "https":
		return bad("DefaultEndpointsProtocol is %q; it can be http or https.", protocol)
	}
	if l.key != "" {
		l.signature = ""
	}
	if l.endpoint == "" {
		suffix := settings["endpointsuffix"]
		if suffix == "" {
			suffix = "core.windows.net"
		}
		if protocol == "" {
			protocol = "https"
		}
		l.endpoint = protocol + "://" + l.account + ".blob." + suffix
	}
	u, err := url.Parse(l.endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		return bad("its BlobEndpoint or account name makes no http or https URL.")
	}
	if l.account == "" {
		l.account = accountOf(u)
	}
	return nil
}

// fromBase reads BaseLocation, "https://{account}.blob.core.windows.net/", and SasBlobToken.
func (l *location) fromBase(what string) error {
	u, err := url.Parse(l.BaseLocation)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		return fault.Coded(fault.Invalid, "InvalidBlob", "The BaseLocation of %s is not the http or https URL of a storage account, such as https://account.blob.core.windows.net/.", what)
	}
	l.endpoint, l.account = strings.TrimSuffix(l.BaseLocation, "/"), accountOf(u)
	l.signature = strings.TrimPrefix(l.SasBlobToken, "?")
	return nil
}

// accountOf is the account's name in a URL of one: the path's first segment where there is one, else the host's first label.
func accountOf(u *url.URL) string {
	if p := strings.Trim(u.Path, "/"); p != "" {
		name, _, _ := strings.Cut(p, "/")
		return name
	}
	name, _, _ := strings.Cut(u.Hostname(), ".")
	return name
}

// name reads the container and the blob from RelativeLocation.
func (l *location) name(what, permission string) error {
	relative := strings.TrimPrefix(l.RelativeLocation, "/")
	if l.signature != "" && l.ConnectionString == "" {
		// The three parts make a URL, so this one is escaped.
		if plain, err := url.PathUnescape(relative); err == nil {
			relative = plain
		}
	}
	l.container, l.blob, _ = strings.Cut(relative, "/")
	switch {
	case relative == "" || l.blob == "":
		return fault.Coded(fault.Invalid, "InputBlobRelativeLocationInvalid",
			"No Azure storage blob name provided. The RelativeLocation of %s is %q; it must be the container and the blob, such as container/file.csv.", what, cut(l.RelativeLocation))
	}
	if err := account.CheckBlobName(l.blob); err != nil {
		return fault.Coded(fault.Invalid, "BlobNameTooLong", "The blob name of %s cannot be used: %s", what, fault.As(err).Message)
	}
	if err := account.CheckContainerName(l.container); err != nil {
		return fault.Coded(fault.Invalid, "ContainerSegmentInvalid", "The container of %s, %q, is not a container name: %s", what, cut(l.container), fault.As(err).Message)
	}
	l.format = formatOf(l.blob)
	supported := ".csv, .tsv, .arff"
	if permission == server.MayRead { // ARFF is for outputs
		supported = ".csv, .tsv"
	}
	if l.format == "" || l.format == table.ARFF && permission == server.MayRead {
		return fault.Coded(fault.Invalid, "InvalidBlobExtension",
			`The blob reference: %s has an invalid or missing file extension. Supported file extensions for this output type are: "%s".`, cut(l.String()), supported)
	}
	return nil
}

// formatOf is the format that a blob's name says, "" for none; files called .nh.csv have no header.
func formatOf(name string) table.Format {
	name = strings.ToLower(path.Base(name))
	header := !strings.HasSuffix(strings.TrimSuffix(name, path.Ext(name)), ".nh")
	switch path.Ext(name) {
	case ".csv":
		return map[bool]table.Format{true: table.CSV, false: table.CSVNoHeader}[header]
	case ".tsv":
		return map[bool]table.Format{true: table.TSV, false: table.TSVNoHeader}[header]
	case ".arff":
		return table.ARFF
	}
	return ""
}

// claim finds out whether a blob is in the workspace's own account, which a
// connection string may name without saying where it is, and then checks the credentials.
func (s *Service) claim(what string, l *location, permission string) error {
	if l.account != s.storage.AccountName() {
		return nil
	}
	l.own, l.endpoint = true, s.storage.URL()
	if permission == "" {
		return nil
	}
	if l.key != "" {
		if !s.storage.HasKey(l.key) {
			return fault.Coded(fault.Invalid, "InvalidBlobConnectionString", "The connection string of %s cannot be used: the AccountKey is not the one of account %s.", what, l.account)
		}
		return nil
	}
	if err := s.storage.CheckSignature(l.container, l.blob, l.signature, permission); err != nil {
		return inaccessible(what, l, err)
	}
	return nil
}

// inaccessible says that a blob cannot be read or written, in the documented words.
func inaccessible(what string, l *location, err error) error {
	f := fault.As(err)
	if f.Kind == fault.Internal && f.Code == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	message := f.Message
	for _, p := range f.Problems {
		if p.Code == "AuthenticationErrorDetail" && !strings.Contains(p.Message, "string to sign") {
			message += " " + p.Message
		}
	}
	if f.Code != "" {
		message = f.Code + ": " + message
	}
	out := fault.Coded(f.Kind, "BlobNotFound", "Unable to access the provided Azure blob - %s (%s). Azure error message: %s", cut(l.String()), what, message)
	if f.Kind != fault.StorageFailed && f.Kind != fault.Unavailable {
		out.Kind = fault.Invalid
	}
	out.Err = err
	return out
}

// result is where a client finds an output: the three parts of a URL that can be fetched (azureml.md 2.3).
func (s *Service) result(l *location) (Reference, error) {
	if l.own {
		base, relative := s.storage.Location(l.container, l.blob)
		return Reference{BaseLocation: base, RelativeLocation: relative, SasBlobToken: s.storage.SignBlob(l.container, l.blob, server.MayRead, s.now().Add(resultReadable))}, nil
	}
	r := Reference{BaseLocation: l.endpoint + "/", RelativeLocation: (&url.URL{Path: l.container + "/" + l.blob}).EscapedPath(), SasBlobToken: "?" + l.signature}
	if l.key != "" {
		token, err := signForeign(l, s.now())
		if err != nil {
			return r, err
		}
		r.SasBlobToken = "?" + token
	}
	return r, nil
}

// cut keeps what a client made up within a message.
func cut(s string) string {
	if len(s) <= 200 {
		return s
	}
	return strings.ToValidUTF8(s[:200], "") + "…"
}

// quoted names an input or output in messages.
func quoted(kind, name string) string { return kind + " " + strconv.Quote(cut(name)) }
