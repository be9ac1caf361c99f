"""A chat on Docker, in Python."""

import pulumi
import pulumi_openwebui as openwebui

config = pulumi.Config()

chat = openwebui.Deployment(
    "chat",
    openwebui.DeploymentArgs(
        valkey=openwebui.ValkeyArgs(image=config.get("valkeyImage")),
        webui=openwebui.WebUIArgs(
            image=config.get("webuiImage"),
            publish=openwebui.WebUIPublishArgs(port=config.require_int("port")),
            admin=openwebui.WebUIAdminArgs(email="you@example.com"),
            env={"WEBUI_NAME": config.require("name")},
            secret_env={"OPENAI_API_KEY": config.require_secret("openaiKey")},
        ),
    ),
)

pulumi.export("url", chat.url)
pulumi.export("adminEmail", chat.admin_email)
pulumi.export("adminPassword", chat.admin_password)
