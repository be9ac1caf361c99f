//go:build tools

// Package tools makes the Pulumi CLI a dependency of this module, so that `go mod tidy` keeps everything it is built from.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
