// Package provider names the Docker provider, so that its version is locked here.
//go:build tools

package provider

import _ "github.com/terraform-providers/terraform-provider-docker"
