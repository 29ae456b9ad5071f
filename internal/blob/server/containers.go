package server

import (
	"net/http"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

func versionOfContainer(c account.Container) version { return version{true, c.ETag, c.Modified} }

// refusePublicAccess refuses a container that anybody could read.
func refusePublicAccess(h http.Header) error {
	if h.Get("x-ms-blob-public-access") != "" {
		return fault.Coded(fault.Conflict, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
	}
	return nil
}

func (s *Server) createContainer(c *call) error {
	if err := refusePublicAccess(c.r.Header); err != nil {
		return err
	}
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	made, err := s.CreateContainer(c.r.Context(), c.target.container, metadata)
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOfContainer(made))
	c.status(http.StatusCreated)
	return nil
}

func (s *Server) containerProperties(c *call) error {
	found, err := s.Container(c.r.Context(), c.target.container)
	if err != nil {
		return err
	}
	h := c.w.Header()
	setVersion(h, versionOfContainer(found))
	setMetadata(h, found.Metadata)
	if c.query["comp"] == "" {
		set(h, "x-ms-lease-status", "unlocked")
		set(h, "x-ms-lease-state", "available")
		set(h, "x-ms-has-immutability-policy", "false")
		set(h, "x-ms-has-legal-hold", "false")
	}
	c.status(http.StatusOK)
	return nil
}

// containerCheck holds a write's conditions against a container.
func (c *call) containerCheck() (func(account.Container) error, error) {
	x, err := c.writeConditions()
	return func(found account.Container) error { return x.write(versionOfContainer(found)) }, err
}

func (s *Server) setContainerMetadata(c *call) error {
	check, err := c.containerCheck()
	if err != nil {
		return err
	}
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	changed, err := s.SetContainerMetadata(c.r.Context(), c.target.container, metadata, check)
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOfContainer(changed))
	c.status(http.StatusOK)
	return nil
}

func (s *Server) deleteContainer(c *call) error {
	check, err := c.containerCheck()
	if err != nil {
		return err
	}
	if err := s.RemoveContainer(c.r.Context(), c.target.container, check); err != nil {
		return err
	}
	c.status(http.StatusAccepted)
	return nil
}

// containerACL tells that there is no access policy.
func (s *Server) containerACL(c *call) error {
	found, err := s.Container(c.r.Context(), c.target.container)
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOfContainer(found))
	return c.answerXML(http.StatusOK, signedIdentifiers{})
}

// setContainerACL accepts only what is so already: no public access, no stored access policy.
func (s *Server) setContainerACL(c *call) error {
	if err := refusePublicAccess(c.r.Header); err != nil {
		return err
	}
	var list signedIdentifiers
	if c.r.ContentLength != 0 {
		if err := c.readXML(maxACL, &list); err != nil {
			return err
		}
	}
	if len(list.Identifiers) > 0 {
		return fault.Coded(fault.Unsupported, "UnsupportedXmlNode",
			"Stored access policies are not offered: put the permissions and the expiry into the signature.").With("", "XmlNodeName", "SignedIdentifier")
	}
	found, err := s.Container(c.r.Context(), c.target.container)
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOfContainer(found))
	c.status(http.StatusOK)
	return nil
}

// serviceProperties tells that logging, metrics and CORS are off.
func (s *Server) serviceProperties(c *call) error {
	return c.answerXML(http.StatusOK, newServiceProperties())
}

func (s *Server) accountInformation(c *call) error {
	set(c.w.Header(), "x-ms-sku-name", "Standard_LRS")
	set(c.w.Header(), "x-ms-account-kind", "StorageV2")
	set(c.w.Header(), "x-ms-is-hns-enabled", "false")
	c.status(http.StatusOK)
	return nil
}
