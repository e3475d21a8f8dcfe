/** Address of the demo connector's repository. */
export const SHIPPING_URL = "https://github.com/example/connect-shipping-labels.git";

/** A connector with every kind of application, shared configuration and an API Client of its own. */
export const SHIPPING_YAML = `deployAs:
  - name: labels
    applicationType: service
    endpoint: /labels
    healthCheck:
      path: /health
      intervalSeconds: 10
    configuration:
      standardConfiguration:
        - key: CARRIER
          description: Carrier whose labels are bought
          required: true
          default: parcel-one
      securedConfiguration:
        - key: CARRIER_API_KEY
          description: API key of the carrier
          required: true
  - name: order-events
    applicationType: event
    endpoint: /events
    retryPolicy:
      strategy: exponential-backoff
      minBackoffSeconds: 10
      maxBackoffSeconds: 600
    configuration:
      securedConfiguration:
        - key: WEBHOOK_SECRET
          description: Secret that signs the carrier's messages
  - name: tracking-sync
    applicationType: job
    endpoint: /sync
    properties:
      schedule: "*/15 * * * *"
    configuration:
      standardConfiguration:
        - key: TRACKING_DAYS
          description: Days for which a parcel is followed
          default: "30"
  - name: shipping-settings
    applicationType: merchant-center-custom-application
    configuration:
      standardConfiguration:
        - key: CUSTOM_APPLICATION_ID
          description: Identifier of the custom application
          required: true
        - key: ENTRY_POINT_URI_PATH
          description: Path at which it is opened
          required: true
  - name: label-assets
    applicationType: assets
inheritAs:
  configuration:
    standardConfiguration:
      - key: CLOUD_IDENTIFIER
        description: Cloud of the Merchant Center
        required: true
  apiClient:
    scopes:
      - manage_orders
`;
