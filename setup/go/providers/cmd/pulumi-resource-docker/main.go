// Command pulumi-resource-docker serves the Terraform Docker provider to Pulumi.
package main

import "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

// version is that of the @pulumi/docker whose names and types the mapping follows.
const version = "5.2.0"

func main() {
	// Programs bring their own types, so there is no schema to serve.
	tfbridge.Main("docker", version, mapping(), []byte("{}"))
}
